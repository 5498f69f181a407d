import { z } from 'zod';
import { integerRange, isInteger, type DType, type IntegerDType } from '../tensor/dtype';
import { castTensor } from '../tensor/cast';
import { type NumberDType } from '../tensor/number-dtype';
import { numbersOf, requireNumberDType } from '../tensor/numbers';
import { type Tensor } from '../tensor/tensor';
import { FormatError } from '../formats/format';
import { requireNumbers } from '../formats/number-format';
import { defineTensorTransformation } from './tensor-transformation';

interface Limits {
  readonly min?: number;
  readonly max?: number;
}

/** Limits as integers of the dtype. @throws FormatError when no integer of the dtype lies within. */
function integerLimits(dtype: IntegerDType, { min, max }: Limits): readonly [bigint, bigint] {
  const [least, most] = integerRange(dtype);
  const lower = min === undefined || min <= Number(least) ? least : BigInt(Math.ceil(min));
  const upper = max === undefined || max >= Number(most) ? most : BigInt(Math.floor(max));
  if (lower <= upper && lower <= most && upper >= least) return [lower, upper];
  throw new FormatError(
    `no ${dtype} lies within ${min ?? 'no minimum'} and ${max ?? 'no maximum'}; cast to a float first`,
  );
}

function requireClippable(dtype: NumberDType, limits: Limits): void {
  if (dtype === 'bool') throw new FormatError('cannot clip bool; cast to a number first');
  if (isInteger(dtype)) integerLimits(dtype, limits);
}

/** NaN compares as neither below nor above, so it stays. */
function clipNumbers(input: Tensor, dtype: DType, min: number, max: number): Tensor {
  const data = numbersOf(input);
  const out = new (data.constructor as Float32ArrayConstructor)(data.length);
  for (let i = 0; i < out.length; i++) {
    const value = data[i];
    out[i] = value < min ? min : value > max ? max : value;
  }
  return { dtype, shape: input.shape, data: out };
}

/** Compares 64-bit integers as 32-bit words: a BigInt per element would allocate an object per element. */
function clipWide(input: Tensor<'int64' | 'uint64'>, min: bigint, max: bigint): Tensor {
  const data = input.data.slice();
  const limits = input.dtype === 'int64' ? BigInt64Array.of(min, max) : BigUint64Array.of(min, max);
  const low = new Uint32Array(data.buffer);
  const high = input.dtype === 'int64' ? new Int32Array(data.buffer) : low;
  const limitLow = new Uint32Array(limits.buffer);
  const limitHigh = input.dtype === 'int64' ? new Int32Array(limits.buffer) : limitLow;
  for (let i = 1; i < low.length; i += 2) {
    const below = high[i] < limitHigh[1] || (high[i] === limitHigh[1] && low[i - 1] < limitLow[0]);
    const above = high[i] > limitHigh[3] || (high[i] === limitHigh[3] && low[i - 1] > limitLow[2]);
    if (!below && !above) continue;
    low[i - 1] = limitLow[below ? 0 : 2];
    low[i] = limitLow[below ? 1 : 3];
  }
  return { dtype: input.dtype, shape: input.shape, data };
}

function clipFloats(input: Tensor, dtype: NumberDType, min: number, max: number): Tensor {
  if (dtype === 'float32' || dtype === 'float64') return clipNumbers(input, dtype, min, max);
  // 16-bit floats are clipped as float32.
  return castTensor(clipNumbers(input, 'float32', min, max), dtype);
}

export const clip = defineTensorTransformation({
  name: 'clip',
  description:
    'Replaces numbers below the minimum or above the maximum by it. The dtype stays; NaN stays NaN.',
  parameters: z
    .strictObject({
      min: z.number().optional().describe('Smallest number that stays; default: no minimum'),
      max: z.number().optional().describe('Largest number that stays; default: no maximum'),
    })
    .refine(({ min, max }) => min !== undefined || max !== undefined, {
      message: 'needs min, max or both',
    })
    .refine(({ min = -Infinity, max = Infinity }) => min <= max, {
      message: 'must not be below min',
      path: ['max'],
    })
    .meta({ anyOf: [{ required: ['min'] }, { required: ['max'] }] }),
  format(input, limits) {
    const dtype = requireNumbers(input);
    if (dtype) requireClippable(dtype, limits);
    return input;
  },
  apply(input, limits) {
    const dtype = requireNumberDType(input.dtype);
    requireClippable(dtype, limits);
    const { min = -Infinity, max = Infinity } = limits;
    if (!isInteger(dtype)) return clipFloats(input, dtype, min, max);
    const [lower, upper] = integerLimits(dtype, limits);
    return dtype === 'int64' || dtype === 'uint64'
      ? clipWide(input as Tensor<'int64' | 'uint64'>, lower, upper)
      : clipNumbers(input, dtype, Number(lower), Number(upper));
  },
});
