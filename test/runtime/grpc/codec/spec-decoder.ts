import { type PlainBasic, type PlainError, type PlainExtended, type PlainTensor } from './plain-message';

/*
 * A slow decoder written from the protobuf encoding's specification alone, as a referee: protobufjs accepts a number of
 * malformed messages. Where a message holds one of these, `leniencies` names it, and the two need not agree:
 *   - a known field with the wire type of another (a reader must treat it as unknown),
 *   - field number 0, and tags or lengths beyond 32 bits,
 *   - varints of six to nine bytes where 32 bits are meant, and of more than ten bytes,
 *   - strings that are not UTF-8,
 *   - a bool whose low 32 bits are all 0,
 *   - a nested message in several pieces (they are to be merged), a map entry without a value,
 *   - a group that ends with the field number of another.
 */
export interface SpecVerdict<M> {
  /** Undefined when the specification has the message refused. */
  readonly message: M | undefined;
  readonly leniencies: readonly string[];
}

class SpecError extends Error {}

type Scalar = 'int32' | 'uint32' | 'int64' | 'uint64' | 'bool' | 'float' | 'double' | 'bytes' | 'string';
interface Field {
  readonly name: string;
  readonly type: Scalar | Schema;
  readonly repeated?: boolean;
}
type Schema = Readonly<Record<number, Field>>;
type Decoded = Record<string, unknown>;

const DIM: Schema = { 1: { name: 'size', type: 'int64' }, 2: { name: 'name', type: 'string' } };
const SHAPE: Schema = {
  2: { name: 'dims', type: DIM, repeated: true },
  3: { name: 'unknownRank', type: 'bool' },
};
const TENSOR: Schema = {
  1: { name: 'dtype', type: 'int32' },
  2: { name: 'shape', type: SHAPE },
  3: { name: 'versionNumber', type: 'int32' },
  4: { name: 'tensorContent', type: 'bytes' },
  5: { name: 'floatVal', type: 'float', repeated: true },
  6: { name: 'doubleVal', type: 'double', repeated: true },
  7: { name: 'intVal', type: 'int32', repeated: true },
  8: { name: 'stringVal', type: 'bytes', repeated: true },
  9: { name: 'scomplexVal', type: 'float', repeated: true },
  10: { name: 'int64Val', type: 'int64', repeated: true },
  11: { name: 'boolVal', type: 'bool', repeated: true },
  12: { name: 'dcomplexVal', type: 'double', repeated: true },
  13: { name: 'halfVal', type: 'int32', repeated: true },
  16: { name: 'uint32Val', type: 'uint32', repeated: true },
  17: { name: 'uint64Val', type: 'uint64', repeated: true },
};
const ENTRY: Schema = { 1: { name: 'key', type: 'string' }, 2: { name: 'value', type: TENSOR } };
const ERROR: Schema = {
  1: { name: 'code', type: 'string' },
  2: { name: 'message', type: 'string' },
  3: { name: 'step', type: 'string' },
};
const TENSOR32: Schema = {
  1: { name: 'array', type: 'float', repeated: true },
  2: { name: 'shape', type: 'int32', repeated: true },
};
const ID: Field = { name: 'id', type: 'int32' };
const EXTENDED: Schema = { 1: ID, 2: { name: 'entries', type: ENTRY, repeated: true } };
const BASIC: Schema = { 1: ID, 2: { name: 'tensor', type: TENSOR32 } };
const WITH_ERROR: Field = { name: 'error', type: ERROR };

export function specExtended(bytes: Uint8Array, response: boolean): SpecVerdict<PlainExtended> {
  return judge(bytes, (decoder) => {
    const { id, entries, error } = decoder.message(response ? { ...EXTENDED, 3: WITH_ERROR } : EXTENDED, {});
    const tensors = new Map<string, PlainTensor>();
    for (const { key, value } of entries as { key: string; value: PlainTensor | null }[]) {
      if (value === null) decoder.leniencies.push('a map entry without a value');
      tensors.set(key, value ?? (defaults(TENSOR) as unknown as PlainTensor));
    }
    return {
      id: id as number,
      tensors: Object.fromEntries(tensors),
      error: (error ?? null) as PlainError | null,
    };
  });
}

export function specBasic(bytes: Uint8Array, response: boolean): SpecVerdict<PlainBasic> {
  return judge(bytes, (decoder) => {
    const decoded = decoder.message(response ? { ...BASIC, 3: WITH_ERROR } : BASIC, {});
    return { error: null, ...decoded } as unknown as PlainBasic;
  });
}

function judge<M>(bytes: Uint8Array, decode: (decoder: SpecDecoder) => M): SpecVerdict<M> {
  const decoder = new SpecDecoder(bytes);
  try {
    return { message: decode(decoder), leniencies: decoder.leniencies };
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    return { message: undefined, leniencies: decoder.leniencies };
  }
}

const ZERO: Record<Scalar, unknown> = {
  int32: 0,
  uint32: 0,
  int64: 0n,
  uint64: 0n,
  bool: false,
  float: 0,
  double: 0,
  bytes: '',
  string: '',
};

function defaults(schema: Schema): Decoded {
  return Object.fromEntries(
    Object.values(schema).map(({ name, type, repeated }) => [
      name,
      repeated ? [] : typeof type === 'object' ? null : name === 'size' ? 0 : ZERO[type],
    ]),
  );
}

class SpecDecoder {
  readonly leniencies: string[] = [];
  private position = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private end = bytes.length,
  ) {}

  message(schema: Schema, merged: Decoded): Decoded {
    const result: Decoded = { ...defaults(schema), ...merged };
    while (this.position < this.end) {
      const tag = this.uint32('tag');
      const number = tag >>> 3;
      const wireType = tag & 7;
      if (number === 0) this.refuse('field number 0');
      const field = schema[number] as Field | undefined;
      const own = field && wireTypeOf(field.type);
      if (field && wireType === 2 && field.repeated && own !== 2) this.packed(field, result);
      else if (field && wireType === own) this.single(field, result);
      else {
        if (field) this.leniencies.push('a known field with the wire type of another');
        this.skip(number, wireType);
      }
    }
    return result;
  }

  private packed({ name, type }: Field, result: Decoded): void {
    this.nested(() => {
      while (this.position < this.end) (result[name] as unknown[]).push(this.scalar(type as Scalar, name));
    });
  }

  private single({ name, type, repeated }: Field, result: Decoded): void {
    let value: unknown;
    if (typeof type === 'object') {
      const before = repeated ? null : (result[name] as Decoded | null);
      if (before) this.leniencies.push('a nested message in several pieces');
      value = this.nested(() => this.message(type, before ?? {}));
    } else value = this.scalar(type, name);
    if (repeated) (result[name] as unknown[]).push(value);
    else result[name] = value;
  }

  private nested<T>(read: () => T): T {
    const length = this.uint32('length');
    const outer = this.end;
    if (this.position + length > outer) throw new SpecError('truncated');
    this.end = this.position + length;
    const value = read();
    this.end = outer;
    return value;
  }

  private scalar(type: Scalar, name: string): unknown {
    if (type === 'float') return this.fixed(4).readFloatLE();
    if (type === 'double') return this.fixed(8).readDoubleLE();
    if (type === 'bytes' || type === 'string') {
      const bytes = this.nested(() => this.fixed(this.end - this.position));
      if (type === 'bytes') return bytes.toString('hex');
      try {
        return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
      } catch {
        return this.refuse('a string that is not UTF-8');
      }
    }
    const bits = this.varint();
    if (type === 'int32') return Number(BigInt.asIntN(32, bits));
    if (type === 'uint32') return Number(BigInt.asUintN(32, bits));
    if (type === 'bool') {
      if (bits !== 0n && BigInt.asUintN(32, bits) === 0n) this.leniencies.push('a bool in its high bits');
      return bits !== 0n;
    }
    const value = type === 'int64' ? BigInt.asIntN(64, bits) : bits;
    return name === 'size' ? Number(value) : String(value);
  }

  private fixed(length: number): Buffer {
    if (this.position + length > this.end) throw new SpecError('truncated');
    const bytes = Buffer.from(this.bytes.subarray(this.position, this.position + length));
    this.position += length;
    return bytes;
  }

  /** Bytes that a varint may have; the value in 64 bits. */
  private varint(most = 10): bigint {
    let value = 0n;
    for (let index = 0; ; index++) {
      const byte = this.fixed(1)[0];
      value |= BigInt(byte & 0x7f) << BigInt(7 * index);
      if (byte < 0x80) {
        if (index > 4 && index < 9) this.leniencies.push('a varint of six to nine bytes');
        return BigInt.asUintN(64, value);
      }
      if (index + 1 === most) {
        this.refuse('a varint of too many bytes');
      }
    }
  }

  private uint32(what: string): number {
    const value = this.varint(5);
    if (value <= 0xffff_ffffn) return Number(value);
    return this.refuse(`a ${what} beyond 32 bits`);
  }

  /** Refuses what protobufjs lets pass. */
  private refuse(what: string): never {
    this.leniencies.push(what);
    throw new SpecError(what);
  }

  private skip(number: number, wireType: number, depth = 0): void {
    if (wireType === 0) this.varint();
    else if (wireType === 1) this.fixed(8);
    else if (wireType === 5) this.fixed(4);
    else if (wireType === 2) this.nested(() => this.fixed(this.end - this.position));
    else if (wireType === 3 && depth < 100) {
      for (;;) {
        const tag = this.uint32('tag');
        if (tag >>> 3 === 0) this.refuse('field number 0');
        if ((tag & 7) === 4) {
          if (tag >>> 3 !== number) this.refuse('a group that ends with the number of another');
          return;
        }
        this.skip(tag >>> 3, tag & 7, depth + 1);
      }
    } else throw new SpecError(`wire type ${wireType}`);
  }
}

function wireTypeOf(type: Scalar | Schema): number {
  if (typeof type === 'object' || type === 'bytes' || type === 'string') return 2;
  return type === 'float' ? 5 : type === 'double' ? 1 : 0;
}
