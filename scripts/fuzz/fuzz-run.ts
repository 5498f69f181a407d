import { once } from 'node:events';
import { connect, type ClientHttp2Session } from 'node:http2';
import { messageOf } from '../../contracts/program/problem';
import { makeCase } from './fuzz-case';
import { type FuzzTarget } from './fuzz-pipelines';
import { runConnectionCase } from './run-connection-case';
import { runStreamCase } from './run-stream-case';

const AT_ONCE = 32;
const LIMIT_MS = 10_000;
const MOST_FAILURES = 10;

export interface FuzzOptions {
  /** Of the server. */
  readonly address: string;
  readonly targets: readonly FuzzTarget[];
  readonly seed: number;
  readonly first: number;
  readonly count: number;
  /** Called after each case. */
  readonly onCase?: (done: number) => void;
}

export interface FuzzFailure {
  readonly index: number;
  readonly kind: string;
  readonly reason: string;
}

export interface FuzzReport {
  readonly done: number;
  /** How often the server ended cases in each way. */
  readonly endings: ReadonlyMap<string, number>;
  readonly failures: readonly FuzzFailure[];
}

/** Runs cases against a server, many at once; ends early when many have failed. */
export async function runFuzz(options: FuzzOptions): Promise<FuzzReport> {
  const { address, targets, seed, first, count, onCase } = options;
  const endings = new Map<string, number>();
  const failures: FuzzFailure[] = [];
  const port = Number(address.split(':').at(-1));
  let next = first;
  let done = 0;
  const work = async (): Promise<void> => {
    let session: ClientHttp2Session | undefined;
    while (next < first + count && failures.length < MOST_FAILURES) {
      const index = next++;
      const fuzzed = makeCase(seed, index, targets);
      try {
        let ending: string;
        if (fuzzed.kind === 'frames') ending = await runConnectionCase(port, fuzzed.bytes, LIMIT_MS);
        else {
          session = await openSession(session, address);
          ending = await runStreamCase(session, fuzzed, LIMIT_MS);
        }
        const label = `${fuzzed.kind}: ${ending}`;
        endings.set(label, (endings.get(label) ?? 0) + 1);
      } catch (error) {
        failures.push({ index, kind: fuzzed.kind, reason: messageOf(error) });
      }
      onCase?.((done += 1));
    }
    session?.destroy();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { done, endings, failures };
}

/** The session, or a new one where the server has ended it (a case may be an offence against the connection). */
async function openSession(
  session: ClientHttp2Session | undefined,
  address: string,
): Promise<ClientHttp2Session> {
  if (session !== undefined && !session.closed && !session.destroyed) return session;
  const opened = connect(`http://${address}`);
  opened.on('error', () => undefined);
  await once(opened, 'connect');
  return opened;
}
