import { randomBytes } from 'node:crypto';

/** What a client may name its stream: it goes into logs, traces and trailers. */
const WELL_FORMED = /^[A-Za-z0-9][A-Za-z0-9._:/@+=-]{0,127}$/;

/** The id of a stream: the client's own where it sent one that is well-formed, else a new one. */
export function toStreamId(requestId: string | undefined): string {
  return requestId !== undefined && WELL_FORMED.test(requestId) ? requestId : randomBytes(8).toString('hex');
}
