import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { Reader } from 'protobufjs/minimal';

const WINDOW_BYTES = 64 * 1024;
/** A varint is at most this long. */
const VARINT_BYTES = 10;
const VARINT = 0;
const FIXED_64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;

/** Handlers of length-delimited fields by field number; other fields are skipped unread. */
export type FieldHandlers = Readonly<Record<number, (end: number) => void>>;
/** Handlers of integer fields by field number. */
export type VarintHandlers = Readonly<Record<number, (value: number) => void>>;

/** Where a field lies in the file: its tag from `start`, its content from `content`, to `end`. */
export interface FieldRange {
  readonly field: number;
  readonly start: number;
  readonly content: number;
  readonly end: number;
}

/** A protobuf message in a file, read in pieces: a model's weights may not fit into memory. */
export class ProtobufFile {
  private readonly fd: number;
  private readonly size: number;
  private window: Reader;
  private windowStart = 0;
  private position = 0;

  /** @throws an error of the file system when the file cannot be opened. */
  constructor(path: string) {
    this.fd = openSync(path, 'r');
    this.size = fstatSync(this.fd).size;
    this.window = Reader.create(new Uint8Array(0));
  }

  close(): void {
    closeSync(this.fd);
  }

  /** Visits the file's outermost message. */
  walkAll(fields: FieldHandlers, varints?: VarintHandlers): void {
    this.walk(this.size, fields, varints);
  }

  /**
   * Visits the fields of the message up to the position `end`.
   * @throws RangeError when the bytes are no message or end too early.
   */
  walk(end: number, fields: FieldHandlers, varints: VarintHandlers = {}): void {
    if (end > this.size) throw new RangeError(`ends after ${this.size} bytes, before its message does`);
    while (this.position < end) {
      const tag = this.varint();
      const field = tag >>> 3;
      switch (tag & 7) {
        case VARINT: {
          const value = this.varint();
          varints[field]?.(value);
          break;
        }
        case FIXED_64:
          this.position += 8;
          break;
        case FIXED_32:
          this.position += 4;
          break;
        case LENGTH_DELIMITED: {
          const length = this.varint();
          const fieldEnd = this.position + length;
          if (fieldEnd > end) throw new RangeError(`has a field ${field} that is longer than its message`);
          fields[field]?.(fieldEnd);
          this.position = fieldEnd;
          break;
        }
        default:
          throw new RangeError(`has a field ${field} of an unknown wire type ${tag & 7}`);
      }
    }
    if (this.position !== end) throw new RangeError('has a field that is longer than its message');
  }

  /** The text up to the position `end`. */
  text(end: number): string {
    return this.bytes(end)!.toString('utf8');
  }

  /** The bytes that go on to `end`; undefined when there are more than `most`. */
  bytes(end: number, most = Infinity): Buffer | undefined {
    const length = end - this.position;
    if (length > most) return undefined;
    if (length <= WINDOW_BYTES) {
      const { buf, pos } = this.windowAt(length);
      return Buffer.from(buf.subarray(pos, pos + length));
    }
    const bytes = Buffer.alloc(length);
    readSync(this.fd, bytes, 0, length, this.position);
    return bytes;
  }

  /** The fields of a message; of the file's outermost one by default. */
  ranges(message: Pick<FieldRange, 'content' | 'end'> = { content: 0, end: this.size }): FieldRange[] {
    const ranges: FieldRange[] = [];
    this.position = message.content;
    while (this.position < message.end) {
      const start = this.position;
      const tag = this.varint();
      const wireType = tag & 7;
      const length = wireType === LENGTH_DELIMITED ? this.varint() : 0;
      const content = this.position;
      if (wireType === VARINT) this.varint();
      else this.position += wireType === FIXED_64 ? 8 : wireType === FIXED_32 ? 4 : length;
      ranges.push({ field: tag >>> 3, start, content, end: this.position });
    }
    return ranges;
  }

  /** Visits the fields of a message that `ranges` has found. */
  visit(message: FieldRange, fields: FieldHandlers): void {
    this.position = message.content;
    this.walk(message.end, fields);
  }

  private varint(): number {
    const window = this.windowAt(VARINT_BYTES);
    try {
      // int64, so that -1 is read as -1.
      return Number(window.int64());
    } catch (error) {
      throw new RangeError('ends in the middle of a field', { cause: error });
    } finally {
      this.position = this.windowStart + window.pos;
    }
  }

  private windowAt(bytes: number): Reader {
    const offset = this.position - this.windowStart;
    if (offset < 0 || offset + bytes > this.window.len) this.fill();
    this.window.pos = this.position - this.windowStart;
    return this.window;
  }

  private fill(): void {
    const bytes = Buffer.alloc(Math.min(WINDOW_BYTES, Math.max(0, this.size - this.position)));
    readSync(this.fd, bytes, 0, bytes.length, this.position);
    this.window = Reader.create(bytes);
    this.windowStart = this.position;
  }
}
