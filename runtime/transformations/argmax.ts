import { z } from 'zod';
import { numbersOf } from '../tensor/numbers';
import { axisLayout } from '../tensor/strides';
import { FormatError, type Axis } from '../formats/format';
import { requireNumbers } from '../formats/number-format';
import { axisParameter } from './parameters';
import { requireAxis } from '../formats/symbolic-axis';
import { defineTensorTransformation } from './tensor-transformation';

function reducedShape(shape: readonly Axis[], axis: number, keepAxis: boolean): Axis[] {
  const at = requireAxis(shape, axis);
  if (shape[at] === 0) throw new FormatError(`axis ${axis} is empty: none of its places is the largest`);
  return keepAxis ? shape.with(at, 1) : shape.toSpliced(at, 1);
}

export const argmax = defineTensorTransformation({
  name: 'argmax',
  description:
    'The place of the largest number along an axis, as int64: of several the first; the first NaN counts as the largest.',
  parameters: z.strictObject({
    axis: axisParameter.default(-1).describe('Axis along which the largest is looked for'),
    keepAxis: z.boolean().default(false).describe('Whether the axis stays, with a size of 1'),
  }),
  format(input, { axis, keepAxis }) {
    requireNumbers(input);
    return {
      kind: 'tensor',
      dtype: 'int64',
      shape: input.shape && reducedShape(input.shape, axis, keepAxis),
    };
  },
  apply(input, { axis, keepAxis }) {
    const shape = reducedShape(input.shape, axis, keepAxis) as number[];
    const { outer, size, inner } = axisLayout(input.shape, requireAxis(input.shape, axis));
    const data = numbersOf(input);
    const out = new BigInt64Array(outer * inner);
    // Written as 32-bit words: a BigInt per element would allocate an object per element.
    const words = new Uint32Array(out.buffer);
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        let best = 0;
        let largest = data[o * size * inner + i];
        for (let k = 1, at = (o * size + 1) * inner + i; k < size && largest === largest; k++, at += inner) {
          if (data[at] > largest || data[at] !== data[at]) {
            largest = data[at];
            best = k;
          }
        }
        words[2 * (o * inner + i)] = best;
      }
    }
    return { dtype: 'int64', shape, data: out };
  },
});
