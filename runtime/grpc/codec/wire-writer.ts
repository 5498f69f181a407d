/** Bytes of a varint of `value`, 0 ≤ value < 2^32. */
export function uint32Size(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : value < 0x1000_0000 ? 4 : 5;
}

/** Bytes of an int32's varint: ten for a negative one. */
export function int32Size(value: number): number {
  return value < 0 ? 10 : uint32Size(value);
}

/** Bytes of a varint of the 64 bits in two halves. */
export function uint64Size(low: number, high: number): number {
  if (high === 0) return uint32Size(low >>> 0);
  const upper = high >>> 0;
  if (upper < 8) return 5;
  for (let bytes = 6, rest = upper >>> 3; ; bytes++, rest >>>= 7) if (rest < 0x80) return bytes;
}

/** The upper 32 bits of an integer that may be negative, as two's complement has them. */
export function upperBits(value: number): number {
  return Math.floor(value / 0x1_0000_0000) | 0;
}

/**
 * Writes protobuf primitives into bytes that were measured before. The sizes that measuring found for nested parts are
 * handed over in `sizes`, in the order in which the parts are written: a length prefix is written without measuring again.
 */
export class WireWriter {
  bytes: Buffer = Buffer.alloc(0);
  position = 0;
  private sizes: number[] = [];
  private measured = 0;
  private written = 0;

  /** Starts to measure a message. */
  begin(): void {
    this.measured = 0;
    this.written = 0;
  }

  /** Keeps a place for the size of a part, before its own parts are measured. */
  reserveSize(): number {
    return this.measured++;
  }

  /** Hands over the size of a part. */
  setSize(place: number, size: number): number {
    this.sizes[place] = size;
    return size;
  }

  /** The size of the part that is to be written now. */
  nextSize(): number {
    return this.sizes[this.written++];
  }

  /** The one allocation of a message. */
  allocate(size: number): void {
    this.bytes = Buffer.allocUnsafe(size);
    this.position = 0;
  }

  /** Goes on in memory of the caller's, from `position` on. */
  writeTo(bytes: Buffer, position: number): void {
    this.bytes = bytes;
    this.position = position;
  }

  /** Lets go of the memory that it wrote to. */
  letGo(): void {
    this.bytes = NOTHING;
  }

  /** The finished message; the writer lets go of it. */
  finish(): Buffer {
    const { bytes, position } = this;
    if (position !== bytes.length) {
      throw new Error(`measured ${bytes.length} bytes and wrote ${position}`);
    }
    this.bytes = NOTHING;
    return bytes;
  }

  uint32(value: number): void {
    const { bytes } = this;
    let position = this.position;
    while (value > 0x7f) {
      bytes[position++] = (value & 0x7f) | 0x80;
      value >>>= 7;
    }
    bytes[position++] = value;
    this.position = position;
  }

  int32(value: number): void {
    if (value >= 0) this.uint32(value);
    else this.uint64(value, -1);
  }

  /** A varint of the 64 bits in two halves. */
  uint64(low: number, high: number): void {
    while (high !== 0) {
      this.bytes[this.position++] = (low & 0x7f) | 0x80;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    this.uint32(low >>> 0);
  }

  copy(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.position);
    this.position += bytes.length;
  }

  /** UTF-8 text of `size` bytes. */
  text(value: string, size: number): void {
    if (size === value.length && size < 24) {
      for (let index = 0; index < size; index++) this.bytes[this.position + index] = value.charCodeAt(index);
    } else this.bytes.write(value, this.position, size, 'utf8');
    this.position += size;
  }
}

const NOTHING = Buffer.alloc(0);

/** Bytes of a length-delimited payload with its prefix. */
export function prefixedSize(size: number): number {
  return uint32Size(size) + size;
}

/** Bytes of `value` in UTF-8. */
export function textSize(value: string): number {
  for (let index = 0; index < value.length; index++) {
    if (value.charCodeAt(index) >= 0x80) return Buffer.byteLength(value, 'utf8');
  }
  return value.length;
}
