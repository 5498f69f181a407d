import { z } from 'zod';
import { floatResult } from '../tensor/number-dtype';
import { numbersOf, requireNumberDType, type NumberArray } from '../tensor/numbers';
import { allocateResult } from '../tensor/result-memory';
import { formatShape } from '../tensor/shape';
import { axisLayout, type AxisLayout } from '../tensor/strides';
import { FormatError, withFormat, type Axis } from '../formats/format';
import { floatFormat } from '../formats/number-format';
import { axisParameter } from './parameters';
import { mayEqual, requireAxis } from '../formats/symbolic-axis';
import { defineTensorTransformation } from './tensor-transformation';

type Statistic = number | readonly number[];

const statistic = (each: z.ZodNumber) => z.union([each, z.array(each).min(1)]);
const deviation = z
  .number()
  .refine((value) => value !== 0, 'a standard deviation of 0 cannot be divided by')
  .meta({ not: { const: 0 } });

function entries(statistic: Statistic): number | undefined {
  return typeof statistic === 'number' ? undefined : statistic.length;
}

/** The axis that `mean` or `std` has one entry per index of; `undefined` if both are single numbers. */
function statisticAxis(
  shape: readonly Axis[],
  axis: number,
  mean: Statistic,
  std: Statistic,
): number | undefined {
  const count = entries(mean) ?? entries(std);
  if (count === undefined) return undefined;
  const at = requireAxis(shape, axis);
  if (mayEqual(shape[at], count)) return at;
  throw new FormatError(
    `has ${count} means or deviations for axis ${axis}, which has ${shape[at]} places in ${formatShape(shape)}`,
  );
}

/** `statistic` repeated to `count` numbers if it is a single one. */
function spread(statistic: Statistic, count: number): ArrayLike<number> {
  return typeof statistic === 'number' ? new Float64Array(count).fill(statistic) : statistic;
}

function normalizeAll(data: NumberArray, mean: number, std: number, out: NumberArray): void {
  for (let i = 0; i < out.length; i++) out[i] = (data[i] - mean) / std;
}

function normalizeAlong(
  data: NumberArray,
  { outer, size, inner }: AxisLayout,
  means: ArrayLike<number>,
  deviations: ArrayLike<number>,
  out: NumberArray,
): void {
  if (inner === 1) {
    // The last axis, which is the usual one, needs one loop less.
    for (let o = 0, at = 0; o < outer; o++) {
      for (let k = 0; k < size; k++, at++) out[at] = (data[at] - means[k]) / deviations[k];
    }
    return;
  }
  for (let o = 0, at = 0; o < outer; o++) {
    for (let k = 0; k < size; k++) {
      const mean = means[k];
      const deviation = deviations[k];
      for (let i = 0; i < inner; i++, at++) out[at] = (data[at] - mean) / deviation;
    }
  }
}

export const normalize = defineTensorTransformation({
  name: 'normalize',
  description:
    'Subtracts the mean and divides by the standard deviation: one of each, or one for each place along an axis. float64 stays, every other dtype becomes float32.',
  parameters: z
    .strictObject({
      mean: statistic(z.number()).describe('Mean, or one for each place along the axis'),
      std: statistic(deviation).describe('Standard deviation, or one for each place along the axis; not 0'),
      axis: axisParameter.default(-1).describe('Axis that the means and deviations go along'),
    })
    .refine(({ mean, std }) => (entries(mean) ?? entries(std)) === (entries(std) ?? entries(mean)), {
      message: 'must have as many entries as mean',
      path: ['std'],
    }),
  format(input, { mean, std, axis }) {
    if (input.shape) statisticAxis(input.shape, axis, mean, std);
    return withFormat(input, { dtype: floatFormat(input), normalized: true });
  },
  apply(input, { mean, std, axis }) {
    const dtype = floatResult(requireNumberDType(input.dtype));
    const data = numbersOf(input);
    const out = allocateResult(dtype, data.length);
    const along = statisticAxis(input.shape, axis, mean, std);
    if (along === undefined) normalizeAll(data, mean as number, std as number, out);
    else {
      const layout = axisLayout(input.shape, along);
      normalizeAlong(data, layout, spread(mean, layout.size), spread(std, layout.size), out);
    }
    return { dtype, shape: input.shape, data: out };
  },
});
