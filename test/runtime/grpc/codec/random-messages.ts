import fc from '../../../fixtures/fast-check';
import { type MessageName } from './protobufjs-messages';

/* Random messages in the form that protobufjs encodes. Fields are absent as often as not. */

const int32 = fc.oneof(
  fc.integer(),
  fc.integer({ min: -3, max: 300 }),
  fc.constantFrom(-0x8000_0000, 0x7fff_ffff),
);
const int64 = fc
  .oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.bigInt({ min: -3n, max: 300n }))
  .map(longOf);
const uint64 = fc
  .oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.bigInt({ min: 0n, max: 300n }))
  .map(longOf);
const float = fc.float();
const double = fc.double();
const bytes = fc.uint8Array({ maxLength: 40 });
const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 6 }),
  fc.constantFrom('array', 'prediction', 'x'.repeat(60), 'ü'.repeat(70)),
);

/** A 64-bit number as protobufjs takes it without losing bits. */
function longOf(value: bigint): { low: number; high: number; unsigned: boolean } {
  return {
    low: Number(BigInt.asIntN(32, value)),
    high: Number(BigInt.asIntN(32, value >> 32n)),
    unsigned: value >= 2n ** 63n,
  };
}

function some<T>(item: fc.Arbitrary<T>): fc.Arbitrary<T[]> {
  return fc.array(item, { maxLength: 6 });
}

const safeInt64 = fc.maxSafeInteger().map((value) => longOf(BigInt(value)));
const error = fc.record({ code: text, message: text, step: text }, { requiredKeys: [] });
const tensor32 = fc.record({ array: some(float), shape: some(int32) }, { requiredKeys: [] });

function tensorsOf(size: typeof int64): fc.Arbitrary<Record<string, unknown>> {
  const dim = fc.record({ size, name: text }, { requiredKeys: [] });
  const tensor = fc.record(
    {
      dtype: int32,
      tensorShape: fc.record({ dim: some(dim), unknownRank: fc.boolean() }, { requiredKeys: [] }),
      versionNumber: int32,
      tensorContent: bytes,
      floatVal: some(float),
      doubleVal: some(double),
      intVal: some(int32),
      stringVal: some(bytes),
      scomplexVal: some(float),
      int64Val: some(int64),
      boolVal: some(fc.boolean()),
      dcomplexVal: some(double),
      halfVal: some(int32),
      uint32Val: some(fc.integer({ min: 0, max: 0xffff_ffff })),
      uint64Val: some(uint64),
    },
    { requiredKeys: [] },
  );
  return fc.dictionary(text, tensor, { maxKeys: 4, noNullPrototype: true });
}

type Messages = Record<MessageName, fc.Arbitrary<Record<string, unknown>>>;

function messagesWith(size: typeof int64): Messages {
  const tensors = tensorsOf(size);
  return {
    extendedRequest: fc.record({ id: int32, input: tensors }, { requiredKeys: [] }),
    extendedResponse: fc.record({ id: int32, output: tensors, error }, { requiredKeys: [] }),
    basicRequest: fc.record({ id: int32, tensor: tensor32 }, { requiredKeys: [] }),
    basicResponse: fc.record({ id: int32, tensor: tensor32, error }, { requiredKeys: [] }),
  };
}

export const RANDOM_MESSAGES = messagesWith(int64);
/** With axis sizes up to 2^53: beyond, the codec keeps only that they are refused. */
export const RANDOM_MESSAGES_OF_SAFE_SIZES = messagesWith(safeInt64);

/** What happens to the bytes of a message on its way. */
export interface Damage {
  readonly cutTo: number;
  readonly edits: readonly {
    readonly at: number;
    readonly byte: number;
    readonly kind: 'set' | 'insert' | 'delete';
  }[];
}

const position = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

export const RANDOM_DAMAGE: fc.Arbitrary<Damage> = fc.record({
  cutTo: fc.oneof({ weight: 3, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: position }),
  edits: fc.array(
    fc.record({
      at: position,
      byte: fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff)),
      kind: fc.constantFrom('set' as const, 'insert' as const, 'delete' as const),
    }),
    { maxLength: 3 },
  ),
});

export function damage(message: Uint8Array, { cutTo, edits }: Damage): Uint8Array {
  const bytes = [...message];
  for (const { at, byte, kind } of edits) {
    const index = Math.floor(at * (bytes.length + (kind === 'insert' ? 1 : 0)));
    if (kind === 'insert') bytes.splice(index, 0, byte);
    else if (bytes.length > 0) bytes.splice(index, 1, ...(kind === 'set' ? [byte] : []));
  }
  return Uint8Array.from(bytes.slice(0, Math.ceil(cutTo * bytes.length)));
}
