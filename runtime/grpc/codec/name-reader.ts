import { isUtf8 } from 'node:buffer';
import { type WireReader } from './wire-reader';

const SLOTS = 256;
const LONGEST_KEPT = 48;

/**
 * Names that were read before. The same few tensor names come with every message: comparing bytes is cheaper than making a
 * string of them each time, and what is kept is bounded by its number of slots.
 */
const keptBytes: (Uint8Array | undefined)[] = new Array<undefined>(SLOTS);
const keptNames: string[] = new Array<string>(SLOTS).fill('');

/** Reads a string field. Strings must be UTF-8. */
export function readName(reader: WireReader): string {
  const end = reader.payloadEnd();
  const start = reader.position;
  const length = end - start;
  const { bytes } = reader;
  reader.position = end;
  if (length === 0) return '';
  if (length > LONGEST_KEPT) return decode(reader, start, end);
  const slot = (length * 31 + bytes[start] * 7 + bytes[end - 1]) & (SLOTS - 1);
  const kept = keptBytes[slot];
  if (kept?.length === length) {
    let index = 0;
    while (index < length && kept[index] === bytes[start + index]) index++;
    if (index === length) return keptNames[slot];
  }
  const name = decode(reader, start, end);
  keptBytes[slot] = Uint8Array.prototype.slice.call(bytes, start, end);
  keptNames[slot] = name;
  return name;
}

function decode(reader: WireReader, start: number, end: number): string {
  const bytes = reader.bytes.subarray(start, end);
  if (!isUtf8(bytes)) reader.fail('a string that is not UTF-8');
  return bytes.toString('utf8');
}
