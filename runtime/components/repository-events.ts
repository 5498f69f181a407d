import { type Change } from '../../contracts/repository/change';

/** A change, or `reset`: changes were missed, and components of interest have to be looked up. */
export type RepositoryEvent =
  { readonly kind: 'change'; readonly change: Change } | { readonly kind: 'reset' };

export interface EventStreamOptions {
  readonly signal: AbortSignal;
  /** Sequence of the last change that was seen. Default: only later changes come. */
  readonly after?: number;
  /**
   * Called for each connection, before its first event. Every change after the repository answered is among the events of the
   * connection, so that looking something up here leaves no gap.
   */
  readonly onConnect?: () => void;
  /** Called when a connection cannot be made or breaks. */
  readonly onBreak?: (reason: unknown, waitMs: number) => void;
  /** Milliseconds without a sign of life after which a connection is given up; the repository gives one every 15 s. */
  readonly silenceMs?: number;
}

type Connect = (headers: Record<string, string>, signal: AbortSignal) => Promise<Response>;

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
const SILENCE_MS = 60_000;

/** Server-sent events over connections that are made again, later each time, and go on after the last event. */
export async function* openEventStream(
  connect: Connect,
  { signal, after, onConnect, onBreak, silenceMs = SILENCE_MS }: EventStreamOptions,
): AsyncGenerator<RepositoryEvent> {
  let lastId = after === undefined ? undefined : String(after);
  let waitMs = FIRST_WAIT_MS;
  while (!signal.aborted) {
    const silence = new AbortController();
    const alive = setTimeout(() => silence.abort(new Error(`nothing came for ${silenceMs} ms`)), silenceMs);
    let reason: unknown = new Error('the repository ended it');
    try {
      const headers: Record<string, string> = { accept: 'text/event-stream' };
      if (lastId !== undefined) headers['last-event-id'] = lastId;
      const response = await connect(headers, AbortSignal.any([signal, silence.signal]));
      onConnect?.();
      for await (const { id, event, data } of readEvents(response, () => alive.refresh())) {
        if (signal.aborted) return;
        waitMs = FIRST_WAIT_MS;
        lastId = id ?? lastId;
        if (event === 'reset') yield { kind: 'reset' };
        if (event === 'component') yield { kind: 'change', change: JSON.parse(data) as Change };
      }
    } catch (error) {
      reason = silence.signal.aborted ? silence.signal.reason : error;
    } finally {
      clearTimeout(alive);
    }
    if (signal.aborted) return;
    // Runtimes that lost one repository at the same moment do not all come back at the same moment.
    const jitteredMs = Math.round(waitMs * (0.5 + Math.random()));
    onBreak?.(reason, jitteredMs);
    await pause(jitteredMs, signal);
    waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS);
  }
}

interface ServerSentEvent {
  readonly id: string | undefined;
  readonly event: string | undefined;
  readonly data: string;
}

async function* readEvents(response: Response, onBytes: () => void): AsyncGenerator<ServerSentEvent> {
  if (!response.body) return;
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    onBytes();
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) yield parseBlock(block);
  }
}

function parseBlock(block: string): ServerSentEvent {
  const fields = new Map(
    block.split('\n').map((line) => {
      const [name = '', value = ''] = line.split(/: ?(.*)/s);
      return [name, value];
    }),
  );
  return { id: fields.get('id'), event: fields.get('event'), data: fields.get('data') ?? '' };
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener('abort', end);
  });
}
