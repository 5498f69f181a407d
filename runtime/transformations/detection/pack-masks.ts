import { z } from 'zod';
import { elementCount, formatShape } from '../../tensor/shape';
import { type Tensor } from '../../tensor/tensor';
import { formatNamed, tensorNamed } from '../flow-values';
import {
  FormatError,
  type Axis,
  type FlowFormat,
  type TensorFormat,
  type ValueFormat,
} from '../../formats/format';
import { requireNumbers } from '../../formats/number-format';
import { defineBuiltInFlow } from '../tensor-transformation';
import { toBinaryMask } from './binary-mask';

/** @throws FormatError unless the shape is [detections, …, height, width]. */
function requireMaskShape<A extends Axis>(shape: readonly A[]): { height: A; width: A } {
  const [height, width] = shape.slice(-2);
  if (shape.length >= 3) return { height, width };
  throw new FormatError(`needs masks [detections, …, height, width], got ${formatShape(shape)}`);
}

/** Eight pixels per byte along each row, the leftmost in the highest bit; the last byte of a row is padded with 0. */
function packBits({ shape, data }: Tensor<'uint8'>): Tensor {
  const { width } = requireMaskShape(shape);
  const rows = elementCount(shape.slice(0, -1));
  const rowBytes = Math.ceil(width / 8);
  const out = new Uint8Array(rows * rowBytes);
  for (let row = 0; row < rows; row++) {
    const start = row * width;
    for (let x = 0; x < width; x++) {
      if (data[start + x] !== 0) out[row * rowBytes + (x >> 3)] |= 0x80 >> (x & 7);
    }
  }
  return { dtype: 'uint8', shape: shape.with(-1, rowBytes), data: out };
}

/** Run lengths of one mask in row-major order, of 0 and 1 alternately, 0 first. */
function runsOf(data: Uint8Array, runs: number[]): number {
  const before = runs.length;
  let value = 0;
  let start = 0;
  for (let at = 0; at < data.length; at++) {
    if (data[at] === value) continue;
    runs.push(at - start);
    start = at;
    value ^= 1;
  }
  runs.push(data.length - start);
  return runs.length - before;
}

function packRuns({ shape, data }: Tensor<'uint8'>): { runs: Tensor; counts: Tensor; size: Tensor } {
  const { height, width } = requireMaskShape(shape);
  const pixels = elementCount(shape.slice(1));
  const runs: number[] = [];
  const counts = Array.from({ length: shape[0] }, (_, mask) =>
    runsOf(data.subarray(mask * pixels, (mask + 1) * pixels), runs),
  );
  return {
    runs: { dtype: 'int32', shape: [runs.length], data: Int32Array.from(runs) },
    counts: { dtype: 'int64', shape: [counts.length], data: BigInt64Array.from(counts, BigInt) },
    size: { dtype: 'int64', shape: [2], data: BigInt64Array.of(BigInt(height), BigInt(width)) },
  };
}

/** Names of the values beside the runs. */
function namesBeside(as: string, flow: ReadonlyMap<string, unknown>): { counts: string; size: string } {
  const names = { counts: `${as}.runs`, size: `${as}.size` };
  for (const name of Object.values(names)) {
    if (flow.has(name)) throw new FormatError(`would replace the value "${name}"`);
  }
  return names;
}

function bitsFormat(format: TensorFormat): TensorFormat {
  const { shape } = format;
  if (!shape) return { kind: 'tensor', dtype: 'uint8' };
  const { width } = requireMaskShape(shape);
  const bytes = typeof width === 'number' ? Math.ceil(width / 8) : `bytes(${width})`;
  return { kind: 'tensor', dtype: 'uint8', shape: shape.with(-1, bytes) };
}

export const packMasks = defineBuiltInFlow({
  name: 'pack-masks',
  description:
    'Masks in fewer bytes. bits: eight pixels to a byte along each row, the leftmost in the highest bit. run-length: the lengths of runs of 0 and 1 in turn (0 first, row after row) of all masks one after the other, as int32; `<as>.runs` says how many each mask has and `<as>.size` is height and width, both int64.',
  parameters: z.strictObject({
    encoding: z.enum(['run-length', 'bits']).default('run-length').describe('How the masks are packed'),
    above: z.number().default(0.5).describe('Limit above which a pixel of a soft mask is 1'),
  }),
  format(flow: FlowFormat, { encoding }, { on, as }) {
    const format = formatNamed(flow, on);
    requireNumbers(format);
    if (format.shape) requireMaskShape(format.shape);
    if (encoding === 'bits') return new Map(flow).set(as, bitsFormat(format));
    const { counts, size } = namesBeside(as, flow);
    const masks = format.shape?.[0] ?? 'masks';
    return new Map<string, ValueFormat>(flow)
      .set(as, { kind: 'tensor', dtype: 'int32', shape: [`runs(${masks})`] })
      .set(counts, { kind: 'tensor', dtype: 'int64', shape: [masks] })
      .set(size, { kind: 'tensor', dtype: 'int64', shape: [2] });
  },
  apply(flow, { encoding, above }, { on, as }) {
    const masks = tensorNamed(flow, on);
    requireMaskShape(masks.shape);
    const binary = toBinaryMask(masks, above);
    if (encoding === 'bits') return new Map(flow).set(as, packBits(binary));
    const names = namesBeside(as, flow);
    const { runs, counts, size } = packRuns(binary);
    return new Map(flow).set(as, runs).set(names.counts, counts).set(names.size, size);
  },
});
