import { RepositoryError } from '../errors';
import { type ByteRange } from '../store/component-store';

/**
 * The one range that a request asks for; undefined for all of it, which is also the answer to several ranges, to other
 * units and to ranges that are no ranges. @throws RANGE_OUTSIDE when it begins after the end.
 */
export function parseRange(header: string | undefined, size: number): ByteRange | undefined {
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
export function matchesEntityTag(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  return header
    .split(',')
    .map((item) => item.trim().replace(/^W\//, ''))
    .some((item) => item === '*' || item === tag);
}
