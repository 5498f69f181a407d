import { messageOf } from '../../../../contracts/program/problem';
import { endsWithin } from '../../../../contracts/program/within';
import { type RequestSet } from '../requests/request-set';
import { type Target } from '../target';
import { type Connection, type ConnectionListener } from './connection';
import { RawConnection } from './raw-connection';
import { StockConnection } from './stock-connection';

interface ConnectionOptions {
  readonly target: Target;
  readonly client: 'raw' | 'stock';
  /** Name of the pipeline among those of the server. @default - the server's first */
  readonly pipeline?: string;
}

export function createConnection(
  { target, client, pipeline }: ConnectionOptions,
  requests: RequestSet,
  listener: ConnectionListener,
): Connection {
  if (client === 'stock') return new StockConnection(target, requests, pipeline, listener);
  const metadata: Record<string, string> = pipeline === undefined ? {} : { 'x-pipeline': pipeline };
  return new RawConnection(target, requests.path, metadata, requests.frames, listener);
}

const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Sends the first request and waits for its answer, so that no load runs for minutes against a server that refuses it.
 * @throws Error when the server is not there, refuses the request, or does not answer in time.
 */
export async function probeServer(
  options: ConnectionOptions,
  requests: RequestSet,
  timeoutMs: number,
): Promise<void> {
  const { address } = options.target;
  const refused = (text: string): Error => new Error(`${address} ${text}`);
  let settle: (error?: Error) => void = () => undefined;
  const answer = new Promise<void>((resolve, reject) => {
    settle = (error) => (error === undefined ? resolve() : reject(error));
  });
  // It may fail while the connection opens, before it is awaited.
  answer.catch(() => undefined);
  const connection = createConnection(options, requests, {
    sent: () => undefined,
    delivered: () => undefined,
    answered: (_nowMs, _id, failure) =>
      settle(failure && refused(`refuses the first request: ${failure.code}: ${failure.message}`)),
    ended: (end) => settle(refused(`does not answer the first request: ${end.message}`)),
  });
  try {
    await openConnection(connection, address);
    connection.add(0);
    connection.flush();
    if (!(await endsWithin(answer, timeoutMs)))
      throw refused(`has not answered the first request within ${timeoutMs} ms`);
  } finally {
    connection.destroy();
  }
}

/** @throws Error when there is no connection within the time */
export async function openConnection(connection: Connection, address: string): Promise<void> {
  try {
    await connection.open(CONNECT_TIMEOUT_MS);
  } catch (error) {
    throw new Error(`no connection to a gRPC server at ${address}: ${messageOf(error)}`);
  }
}
