import { Writer } from 'protobufjs/minimal';
import { type Mutator } from './mutator';

const NUMBERS = [0, 1, 2, 3, 7, 255, 65_536, 2 ** 31 - 1, -1, -(2 ** 31)];
/** Fields of TensorProto that hold values, and how they go over the wire. */
const VALUE_FIELDS = [
  { field: 5, kind: 'fixed32' },
  { field: 6, kind: 'fixed64' },
  { field: 7, kind: 'varint' },
  { field: 8, kind: 'bytes' },
  { field: 9, kind: 'fixed32' },
  { field: 10, kind: 'varint' },
  { field: 11, kind: 'varint' },
  { field: 12, kind: 'fixed64' },
  { field: 13, kind: 'varint' },
  { field: 16, kind: 'varint' },
  { field: 17, kind: 'varint' },
] as const;

/** The bytes of a TensorProto whose dtype, shape and values need not have to do with each other. */
export function randomTensor(mutator: Mutator): Uint8Array {
  const writer = Writer.create();
  if (mutator.chance(0.95))
    writer.uint32(tag(1, 0)).int32(mutator.chance(0.9) ? mutator.int(0, 24) : mutator.pick(NUMBERS));
  if (mutator.chance(0.9)) writer.uint32(tag(2, 2)).bytes(randomShape(mutator));
  if (mutator.chance(0.1)) writer.uint32(tag(3, 0)).int32(mutator.pick(NUMBERS));
  if (mutator.chance(0.6)) writer.uint32(tag(4, 2)).bytes(mutator.bytes(mutator.int(0, 96)));
  for (let fields = mutator.int(0, 2); fields > 0; fields -= 1) writeValues(writer, mutator);
  if (mutator.chance(0.05))
    writer.uint32(tag(mutator.int(18, 4000), mutator.int(0, 5))).fixed32(mutator.int(0, 2 ** 31));
  return writer.finish();
}

/** The bytes of an ExtendedInferenceRequest with such tensors under the names. */
export function randomRequest(mutator: Mutator, names: readonly string[]): Buffer {
  const writer = Writer.create();
  writer.uint32(tag(1, 0)).int32(mutator.int(0, 1000));
  for (const name of names) {
    const entry = Writer.create().uint32(tag(1, 2)).string(name);
    if (mutator.chance(0.95)) entry.uint32(tag(2, 2)).bytes(randomTensor(mutator));
    writer.uint32(tag(2, 2)).bytes(entry.finish());
  }
  return Buffer.from(writer.finish());
}

function randomShape(mutator: Mutator): Uint8Array {
  const shape = Writer.create();
  const rank = mutator.chance(0.95) ? mutator.int(0, 4) : mutator.int(5, 300);
  for (let axis = 0; axis < rank; axis += 1) {
    const size = mutator.chance(0.8) ? mutator.int(0, 9) : mutator.pick(NUMBERS);
    const dim = Writer.create().uint32(tag(1, 0)).int64(size);
    if (mutator.chance(0.1)) dim.uint32(tag(2, 2)).string('axis');
    shape.uint32(tag(2, 2)).bytes(dim.finish());
  }
  if (mutator.chance(0.05)) shape.uint32(tag(3, 0)).bool(true);
  return shape.finish();
}

function writeValues(writer: Writer, mutator: Mutator): void {
  const { field, kind } = mutator.pick(VALUE_FIELDS);
  const count = mutator.int(0, 12);
  if (kind === 'bytes') {
    for (let item = 0; item < count; item += 1)
      writer.uint32(tag(field, 2)).bytes(mutator.bytes(mutator.int(0, 6)));
    return;
  }
  const packed = Writer.create();
  for (let item = 0; item < count; item += 1) {
    if (kind === 'varint') packed.int64(mutator.pick(NUMBERS));
    else {
      packed.fixed32(mutator.int(0, 2 ** 32 - 1));
      if (kind === 'fixed64') packed.fixed32(mutator.int(0, 2 ** 32 - 1));
    }
  }
  const bytes = packed.finish();
  // Now and then a few bytes short of whole values.
  writer.uint32(tag(field, 2)).bytes(mutator.chance(0.1) ? bytes.subarray(0, -3) : bytes);
}

function tag(field: number, wireType: number): number {
  return ((field << 3) | wireType) >>> 0;
}
