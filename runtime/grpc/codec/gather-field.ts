import { FIXED32, FIXED64, LENGTH_DELIMITED, VARINT, WireReader } from './wire-reader';

/**
 * Protobuf lets the parts of a field lie anywhere in its message: values one by one instead of packed, packed values in
 * several records, a nested message in pieces that are to be merged. Joining the payloads of all its records, in order,
 * gives the same field in one piece. This is the rare path; the usual one meets each field once.
 *
 * `elements` is the wire type of one value of a repeated field, or LENGTH_DELIMITED for a nested message, whose pieces
 * the caller has checked one by one.
 */
export function gatherField(
  reader: WireReader,
  start: number,
  end: number,
  field: number,
  elements: number,
): WireReader {
  const records = new WireReader(reader.bytes, start, end);
  const joined = Buffer.allocUnsafe(copyPayloads(records, field, elements, undefined));
  records.position = start;
  copyPayloads(records, field, elements, joined);
  return new WireReader(joined);
}

/** Copies the payloads of `field` into `target` if given; returns how many bytes they are. */
function copyPayloads(
  reader: WireReader,
  field: number,
  elements: number,
  target: Buffer | undefined,
): number {
  let length = 0;
  while (reader.position < reader.end) {
    const tag = reader.tag();
    const wireType = tag & 7;
    let start = reader.position;
    if (wireType === LENGTH_DELIMITED) {
      const end = reader.payloadEnd();
      start = reader.position;
      reader.position = end;
    } else reader.skip(tag);
    if (tag >>> 3 !== field || (wireType !== LENGTH_DELIMITED && wireType !== elements)) continue;
    const end = reader.position;
    if (target) reader.bytes.copy(target, length, start, end);
    else if (wireType === LENGTH_DELIMITED) checkWhole(reader, start, end, elements);
    length += end - start;
  }
  return length;
}

/** Packed values must be whole in their own record: joined records could hide that they are not. */
function checkWhole(reader: WireReader, start: number, end: number, elements: number): void {
  const whole =
    elements === VARINT
      ? start === end || reader.bytes[end - 1] < 0x80
      : elements === FIXED32
        ? (end - start) % 4 === 0
        : elements !== FIXED64 || (end - start) % 8 === 0;
  if (!whole) reader.fail('a packed field that ends in the middle of a value');
}
