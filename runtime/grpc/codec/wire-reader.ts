import { MalformedMessageError } from './malformed-message-error';

/** Wire types of the protobuf encoding, the low three bits of a tag. */
export const VARINT = 0;
export const FIXED64 = 1;
export const LENGTH_DELIMITED = 2;
const START_GROUP = 3;
const END_GROUP = 4;
export const FIXED32 = 5;

/** Groups nested deeper than this are refused, as other protobuf readers do. */
const MAX_GROUP_DEPTH = 100;
export const MAX_VARINT_BYTES = 10;

/**
 * Reads protobuf primitives out of one message. `end` is where the (nested) message that is being read ends: nothing at or
 * after it is touched. Every method throws a {@link MalformedMessageError} when the bytes break the encoding.
 */
export class WireReader {
  position: number;
  end: number;

  constructor(
    readonly bytes: Buffer,
    start = 0,
    end = bytes.length,
  ) {
    this.position = start;
    this.end = end;
  }

  /** Field number and wire type: `field << 3 | wireType`. */
  tag(): number {
    const first = this.position < this.end ? this.bytes[this.position] : 0x80;
    if (first < 0x80) {
      this.position++;
      if (first < 8) this.fail('field number 0');
      return first;
    }
    const tag = this.uint32('a tag');
    if (tag >>> 3 === 0) this.fail('field number 0');
    return tag;
  }

  /** A varint that must fit into 32 bits: a tag or a length. */
  private uint32(what: string): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      if (this.position >= this.end) this.failTruncated();
      const byte = this.bytes[this.position++];
      if (shift === 28 && byte > 0x0f) break;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    return this.fail(`${what} of more than 32 bits`);
  }

  /** An int32: the low 32 bits of a varint of up to ten bytes. */
  int32(): number {
    if (this.position < this.end && this.bytes[this.position] < 0x80) return this.bytes[this.position++];
    this.varintBits();
    return low;
  }

  /** Whether a varint is anything but 0, in all of its 64 bits. */
  bool(): boolean {
    this.varintBits();
    return (low | high) !== 0;
  }

  /** An int64 as a number: exact where it is a safe integer, else the nearest number (which is no safe integer). */
  int64AsNumber(): number {
    if (this.position < this.end && this.bytes[this.position] < 0x80) return this.bytes[this.position++];
    this.varintBits();
    return high * 0x1_0000_0000 + (low >>> 0);
  }

  /** Reads a varint into {@link lowBits} and {@link highBits}. */
  varintBits(): void {
    const { bytes, end } = this;
    let position = this.position;
    low = 0;
    high = 0;
    for (let index = 0; index < MAX_VARINT_BYTES; index++) {
      if (position >= end) this.failTruncated();
      const byte = bytes[position++];
      const bits = byte & 0x7f;
      if (index < 4) low |= bits << (7 * index);
      else if (index === 4) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (7 * index - 32);
      if (byte < 0x80) {
        this.position = position;
        return;
      }
    }
    this.fail('a varint of more than ten bytes');
  }

  /** The length prefix of a string, a nested message or packed values: where its payload ends. `position` is its start. */
  payloadEnd(): number {
    const first = this.position < this.end ? this.bytes[this.position] : 0x80;
    let length = first;
    if (first < 0x80) this.position++;
    else length = this.uint32('a length');
    const end = this.position + length;
    if (end > this.end) this.failTruncated();
    return end;
  }

  /** Steps over the payload of a field, by the wire type of its tag. */
  skip(tag: number): void {
    const wireType = tag & 7;
    if (wireType === START_GROUP) this.skipGroup(tag >>> 3);
    else this.skipScalar(wireType);
  }

  private skipScalar(wireType: number): void {
    if (wireType === VARINT) this.varintBits();
    else if (wireType === LENGTH_DELIMITED) this.position = this.payloadEnd();
    else if (wireType === FIXED64 || wireType === FIXED32) {
      this.position += wireType === FIXED64 ? 8 : 4;
      if (this.position > this.end) this.failTruncated();
    } else if (wireType === END_GROUP) this.fail('the end of a group that was not begun');
    else this.fail(`wire type ${wireType}`);
  }

  private skipGroup(field: number): void {
    const open = [field];
    while (open.length > 0) {
      const tag = this.tag();
      const wireType = tag & 7;
      if (wireType === START_GROUP) {
        if (open.push(tag >>> 3) > MAX_GROUP_DEPTH) this.fail(`groups nested deeper than ${MAX_GROUP_DEPTH}`);
      } else if (wireType === END_GROUP) {
        if (open.pop() !== tag >>> 3) this.fail('a group that ends with the field number of another');
      } else this.skipScalar(wireType);
    }
  }

  failTruncated(): never {
    throw new MalformedMessageError(
      `the message is no valid protobuf: it ends in the middle of a field (got ${this.bytes.length} bytes)`,
    );
  }

  fail(what: string): never {
    throw new MalformedMessageError(
      `the message is no valid protobuf: ${what} before byte ${this.position} of ${this.bytes.length}`,
    );
  }
}

// A varint is 64 bits and JavaScript returns one number: both halves are left here by the last read, which is cheaper than
// an object or a bigint for each.
let low = 0;
let high = 0;

/** The low 32 bits of the varint that `varintBits()` read last, signed. */
export function lowBits(): number {
  return low;
}

/** The high 32 bits of that varint, signed. */
export function highBits(): number {
  return high;
}
