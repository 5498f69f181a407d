import { type FastifyReply, type FastifyRequest } from 'fastify';
import { RepositoryError } from '../errors';
import { type ComponentKey } from '../../contracts/repository/component-key';
import { type StoredPackage } from '../store/component-record';
import { type ByteRange, type ComponentStore } from '../store/component-store';
import { noPackage, unknownComponent } from '../store/refusals';

/** Answers with a component's package as a stream: whole, a range of it, or 304 when the client has it. */
export async function sendPackage(
  store: ComponentStore,
  key: ComponentKey,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const record = await store.find(key);
  if (!record) throw unknownComponent(key);
  if (!record.package) throw noPackage(key);
  const { sha256, size } = record.package;
  const tag = `"${sha256}"`;
  reply.headers({ etag: tag, 'accept-ranges': 'bytes', 'cache-control': 'no-cache' });
  if (matchesEntityTag(request.headers['if-none-match'], tag)) return reply.code(304).send();

  const range = selectRange(request, reply, size, tag);
  reply.headers({
    'content-type': 'application/octet-stream',
    'content-length': range ? range.end - range.start : size,
    'content-disposition': disposition(record.package),
    'repr-digest': `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:`,
  });
  if (range) reply.code(206).header('content-range', `bytes ${range.start}-${range.end - 1}/${size}`);
  if (request.method === 'HEAD') return reply.send();
  return reply.send(await store.read(record.package, range));
}

function selectRange(request: FastifyRequest, reply: FastifyReply, size: number, tag: string) {
  const condition = request.headers['if-range'];
  if (condition !== undefined && condition !== tag) return undefined;
  try {
    return parseRange(request.headers.range, size);
  } catch (error) {
    if (error instanceof RepositoryError) reply.header('content-range', `bytes */${size}`);
    throw error;
  }
}

function disposition({ fileName, sha256 }: StoredPackage): string {
  const name = fileName ?? `${sha256}.bin`;
  const ascii = name.replace(/[^\x20-\x7e]|["\\]/g, '_');
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encodeURIComponent(name)}`;
}

/**
 * The one range that a request asks for; undefined for all of it, which is also the answer to several ranges, to other
 * units and to ranges that are no ranges. @throws RANGE_OUTSIDE when it begins after the end.
 */
function parseRange(header: string | undefined, size: number): ByteRange | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '');
  if (!match) return undefined;
  const [first, last] = [match[1], match[2]];
  if (first === '' && last === '') return undefined;
  if (first === '') return range(Math.max(0, size - Number(last)), size, size, last === '0');
  if (last !== '' && Number(last) < Number(first)) return undefined;
  return range(Number(first), last === '' ? size : Math.min(size, Number(last) + 1), size, false);
}

function range(start: number, end: number, size: number, empty: boolean): ByteRange {
  if (start >= size || empty) {
    throw new RepositoryError('RANGE_OUTSIDE', `the range begins after the ${size} bytes of the package`);
  }
  return { start, end };
}

/** Whether a list of entity tags, as in If-None-Match, has this one. */
function matchesEntityTag(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  return header
    .split(',')
    .map((item) => item.trim().replace(/^W\//, ''))
    .some((item) => item === '*' || item === tag);
}
