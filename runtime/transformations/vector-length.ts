import { z } from 'zod';
import { floatResult } from '../tensor/number-dtype';
import { numbersOf, requireNumberDType } from '../tensor/numbers';
import { allocateResult } from '../tensor/result-memory';
import { axisLayout } from '../tensor/strides';
import { type Tensor } from '../tensor/tensor';
import { formatNamed, tensorNamed } from './flow-values';
import { FormatError, withFormat, type Axis, type TensorFormat } from '../formats/format';
import { floatFormat } from '../formats/number-format';
import { axisParameter } from './parameters';
import { requireAxis } from '../formats/symbolic-axis';
import { defineBuiltInFlow } from './tensor-transformation';
import { type StepNames } from './transformation';

/** Default name of the lengths of a value. */
export function lengthsName(value: string): string {
  return `${value}.length`;
}

function resultName({ on, as }: StepNames): string {
  return as === on ? lengthsName(on) : as;
}

function withoutAxis<A extends Axis>(shape: readonly A[], axis: number): A[] {
  const removed = requireAxis(shape, axis);
  return shape.filter((_, i) => i !== removed);
}

function lengthsFormat(input: TensorFormat, axis: number): TensorFormat {
  return {
    kind: 'tensor',
    dtype: floatFormat(input),
    shape: input.shape && withoutAxis(input.shape, axis),
    ...(input.unit !== undefined && { unit: input.unit }),
  };
}

function lengths(input: Tensor, axis: number): Tensor {
  const { outer, size, inner } = axisLayout(input.shape, requireAxis(input.shape, axis));
  const dtype = floatResult(requireNumberDType(input.dtype));
  const data = numbersOf(input);
  const out = allocateResult(dtype, outer * inner);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      let sum = 0;
      for (let k = 0, at = o * size * inner + i; k < size; k++, at += inner) sum += data[at] * data[at];
      out[o * inner + i] = Math.sqrt(sum);
    }
  }
  return { dtype, shape: withoutAxis(input.shape, axis), data: out };
}

export const vectorLength = defineBuiltInFlow({
  name: 'vector-length',
  description:
    'Adds the Euclidean lengths of the vectors along an axis as a second value, named `<on>.length` or as `as` says. The vectors stay as they are.',
  parameters: z.strictObject({
    axis: axisParameter.default(1).describe('Axis that holds the components of a vector'),
  }),
  format(flow, { axis }, names) {
    const vectors = formatNamed(flow, names.on);
    const name = resultName(names);
    if (flow.has(name)) throw new FormatError(`would replace the value "${name}"; name the result with as`);
    return new Map(flow)
      .set(names.on, withFormat(vectors, { vectorLength: true }))
      .set(name, lengthsFormat(vectors, axis));
  },
  apply(flow, { axis }, names) {
    return new Map(flow).set(resultName(names), lengths(tensorNamed(flow, names.on), axis));
  },
});
