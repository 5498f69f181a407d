import { type Random } from '../../contracts/values/random';

/** Bytes that sit at the edges of what formats count with. */
const EDGES = [0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff];
/** Varints at the edges: 2^31 - 1, 2^31, 2^32 - 1, 2^63, all ones, one without an end. */
const VARINTS = [
  'ffffffff07',
  '8080808008',
  'ffffffff0f',
  '80808080808080808001',
  'ffffffffffffffffff01',
  'ffffffffffffffffffffff',
].map((hex) => Buffer.from(hex, 'hex'));

/** Changes bytes at random, the same way for the same random numbers. */
export class Mutator {
  constructor(readonly random: Random) {}

  /** A whole number from `low` to `high`, both included. */
  int(low: number, high: number): number {
    return low + Math.floor(this.random.next() * (high - low + 1));
  }

  pick<T>(from: readonly T[]): T {
    return from[this.int(0, from.length - 1)];
  }

  chance(share: number): boolean {
    return this.random.next() < share;
  }

  bytes(length: number): Buffer {
    const bytes = Buffer.alloc(length);
    for (let index = 0; index < length; index += 1) bytes[index] = this.int(0, 255);
    return bytes;
  }

  /** One to a few changes of `bytes`; `others` lends pieces. */
  mutate(bytes: Buffer, others: readonly Buffer[]): Buffer {
    let mutated: Buffer = Buffer.from(bytes);
    for (let left = this.int(1, 6); left > 0; left -= 1) mutated = this.change(mutated, others);
    return mutated;
  }

  private change(bytes: Buffer, others: readonly Buffer[]): Buffer {
    const at = this.int(0, Math.max(0, bytes.length - 1));
    switch (this.int(0, 7)) {
      case 0:
        return replace(bytes, at, 1, Buffer.of((bytes[at] ?? 0) ^ (1 << this.int(0, 7))));
      case 1:
        return replace(bytes, at, 1, Buffer.of(this.pick(EDGES)));
      case 2:
        return replace(bytes, at, 0, this.bytes(this.int(1, 8)));
      case 3:
        return replace(bytes, at, this.int(1, 16), Buffer.alloc(0));
      case 4:
        return replace(bytes, at, 0, bytes.subarray(at, at + this.int(1, 64)));
      case 5:
        return bytes.subarray(0, at);
      case 6:
        return replace(bytes, at, 1, this.pick(VARINTS));
      default: {
        const other = this.pick(others);
        const from = this.int(0, Math.max(0, other.length - 1));
        return replace(bytes, at, this.int(0, 16), other.subarray(from, from + this.int(1, 64)));
      }
    }
  }
}

function replace(bytes: Buffer, at: number, length: number, by: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), by, bytes.subarray(at + length)]);
}
