import { readInBandError, type InBandError } from '../../../../runtime/grpc/codec/in-band-error';
import { MalformedMessageError } from '../../../../runtime/grpc/codec/malformed-message-error';
import { WireReader } from '../../../../runtime/grpc/codec/wire-reader';

const FRAME_HEADER_BYTES = 5;
const NOTHING = Buffer.alloc(0);
/** Fields of both services' responses. */
const ID = 1;
const ERROR = 3;

/**
 * Finds the answers in the bytes of a stream: the id of each, and its error if it carries one. Tensors are
 * skipped: decoding them would cost the driver more than sending.
 */
export class AnswerScanner {
  /** Bytes of an incomplete header or field. */
  private rest: Buffer = NOTHING;
  private inMessage = false;
  /** Bytes left of the message. */
  private left = 0;
  /** Bytes left of a skipped field. */
  private skip = 0;
  private id = 0;
  private error: InBandError | undefined;

  constructor(private readonly onAnswer: (id: number, error: InBandError | undefined) => void) {}

  /** @throws MalformedMessageError when the bytes are not answers. */
  push(chunk: Buffer): void {
    const bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    let at = 0;
    for (;;) {
      if (this.skip > 0) {
        const skipped = Math.min(this.skip, bytes.length - at);
        at += skipped;
        this.skip -= skipped;
        this.left -= skipped;
        if (this.skip > 0) break;
      }
      if (this.inMessage && this.left === 0) {
        this.inMessage = false;
        this.onAnswer(this.id, this.error);
      }
      const read = this.inMessage ? this.field(bytes, at) : this.header(bytes, at);
      if (read === 0) break;
      at += read;
    }
    this.rest = at < bytes.length ? bytes.subarray(at) : NOTHING;
  }

  private header(bytes: Buffer, at: number): number {
    if (bytes.length - at < FRAME_HEADER_BYTES) return 0;
    if (bytes[at] !== 0) throw new MalformedMessageError('the answers are compressed', 0);
    this.left = bytes.readUInt32BE(at + 1);
    this.inMessage = true;
    this.id = 0;
    this.error = undefined;
    return FRAME_HEADER_BYTES;
  }

  /** Reads the start of a field; returns the bytes read, 0 when it is incomplete. */
  private field(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + this.left);
    const tag = varint(bytes, at, end);
    const value = tag === undefined ? undefined : this.value(bytes, tag.end, end, tag.low & 7);
    if (tag === undefined || value === undefined) {
      if (end - at < this.left) return 0;
      throw new MalformedMessageError('an answer ends in the middle of a field', this.id);
    }
    const field = tag.low >>> 3;
    let read = value.end - at;
    if (field === ERROR && (tag.low & 7) === 2) {
      if (end - value.end < value.low) {
        if (end - at < this.left) return 0;
        throw new MalformedMessageError('an answer ends in the middle of its error', this.id);
      }
      const reader = new WireReader(bytes, value.end, value.end + value.low);
      this.error = readInBandError(reader, value.end + value.low, this.error);
      read += value.low;
    } else {
      if (field === ID && (tag.low & 7) === 0) this.id = value.low | 0;
      this.skip = value.skip;
    }
    this.left -= read;
    if (this.skip > this.left) throw new MalformedMessageError('a field is longer than its answer', this.id);
    return read;
  }

  private value(bytes: Buffer, at: number, end: number, wireType: number): FieldStart | undefined {
    switch (wireType) {
      case 0: {
        const number = varint(bytes, at, end);
        return number && { low: number.low, end: number.end, skip: 0 };
      }
      case 1:
        return { low: 0, end: at, skip: 8 };
      case 2: {
        const length = varint(bytes, at, end);
        return length && { low: length.low >>> 0, end: length.end, skip: length.low >>> 0 };
      }
      case 5:
        return { low: 0, end: at, skip: 4 };
      default:
        throw new MalformedMessageError(`wire type ${wireType} in an answer`, this.id);
    }
  }
}

interface FieldStart {
  readonly low: number;
  readonly end: number;
  readonly skip: number;
}

/** The low 32 bits of a varint; undefined when it does not end before `end`. */
function varint(bytes: Buffer, at: number, end: number): { low: number; end: number } | undefined {
  let low = 0;
  for (let position = at, shift = 0; position < end && shift < 70; position++, shift += 7) {
    const byte = bytes[position];
    if (shift < 32) low |= (byte & 0x7f) << shift;
    if (byte < 0x80) return { low, end: position + 1 };
  }
  if (end - at >= 10) throw new MalformedMessageError('a number of more than ten bytes', 0);
  return undefined;
}
