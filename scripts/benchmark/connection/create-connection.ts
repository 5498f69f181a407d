import { type RequestSet } from '../requests/request-set';
import { type Target } from '../target';
import { type Connection, type ConnectionListener } from './connection';
import { RawConnection } from './raw-connection';
import { StockConnection } from './stock-connection';

/** What every connection of a run has in common. */
export interface ConnectionOptions {
  readonly target: Target;
  readonly client: 'raw' | 'stock';
  /** Name of the pipeline among those of the server. @default - the server's first */
  readonly pipeline?: string;
}

/** A connection of the kind that is wanted; it is opened by whoever asked for it. */
export function createConnection(
  { target, client, pipeline }: ConnectionOptions,
  requests: RequestSet,
  listener: ConnectionListener,
): Connection {
  if (client === 'stock') return new StockConnection(target, requests, pipeline, listener);
  const metadata: Record<string, string> = pipeline === undefined ? {} : { 'x-pipeline': pipeline };
  return new RawConnection(target, requests.path, metadata, requests.frames, listener);
}
