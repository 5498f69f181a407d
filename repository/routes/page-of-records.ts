import { type FastifyReply, type FastifyRequest } from 'fastify';
import { InvalidRequest } from '../../contracts/repository/invalid-request';
import { type ListingQuery } from '../../contracts/repository/listing';
import { type ComponentKind } from '../../contracts/repository/component-key';
import { type ComponentRecord } from '../store/component-record';
import { type ComponentStore, type PageRequest } from '../store/component-store';

/**
 * The records that a list asks for. The list itself stays a plain one: how many there are, and where the next page is,
 * say the headers `X-Total-Count` and `Link`.
 */
export async function pageOfRecords(
  store: ComponentStore,
  kind: ComponentKind,
  query: ListingQuery,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<readonly ComponentRecord[]> {
  const { q: text, limit, after, ...filter } = query;
  const page: PageRequest = { limit, after: after === undefined ? undefined : readCursor(after) };
  const { records, total } = await store.list(kind, { ...filter, text }, page);
  reply.header('x-total-count', total);
  const last = records.at(-1);
  if (limit !== undefined && last && records.length === limit) {
    const url = new URL(request.url, 'http://repository');
    url.searchParams.set('after', writeCursor(last));
    reply.header('link', `<${url.pathname}${url.search}>; rel="next"`);
  }
  return records;
}

function writeCursor({ key }: ComponentRecord): string {
  return Buffer.from(JSON.stringify([key.name, key.version])).toString('base64url');
}

function readCursor(cursor: string): { name: string; version: string } {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Array.isArray(value) && typeof value[0] === 'string' && typeof value[1] === 'string') {
      return { name: value[0], version: value[1] };
    }
  } catch {
    // said below
  }
  throw new InvalidRequest([
    { loc: ['query', 'after'], msg: 'is not from the link to a next page', type: 'value_error' },
  ]);
}
