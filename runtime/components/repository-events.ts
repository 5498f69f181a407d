import { type Change } from '../../contracts/repository/change';

/** A change, or `reset`: changes were missed, and what is of interest has to be looked up anew. */
export type RepositoryEvent =
  { readonly kind: 'change'; readonly change: Change } | { readonly kind: 'reset' };

type Connect = (headers: Record<string, string>, signal: AbortSignal) => Promise<Response>;

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;

/** Server-sent events over connections that are made again, later each time, and go on after the last event. */
export async function* openEventStream(
  connect: Connect,
  { signal, after }: { readonly signal: AbortSignal; readonly after?: number },
): AsyncGenerator<RepositoryEvent> {
  let lastId = after === undefined ? undefined : String(after);
  let waitMs = FIRST_WAIT_MS;
  while (!signal.aborted) {
    try {
      const headers: Record<string, string> = { accept: 'text/event-stream' };
      if (lastId !== undefined) headers['last-event-id'] = lastId;
      const response = await connect(headers, signal);
      for await (const { id, event, data } of readEvents(response)) {
        if (signal.aborted) return;
        waitMs = FIRST_WAIT_MS;
        lastId = id ?? lastId;
        if (event === 'reset') yield { kind: 'reset' };
        if (event === 'component') yield { kind: 'change', change: JSON.parse(data) as Change };
      }
    } catch {
      // said by what comes after: another try, or the end
    }
    await pause(waitMs, signal);
    waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS);
  }
}

interface ServerSentEvent {
  readonly id: string | undefined;
  readonly event: string | undefined;
  readonly data: string;
}

async function* readEvents(response: Response): AsyncGenerator<ServerSentEvent> {
  if (!response.body) return;
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
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
