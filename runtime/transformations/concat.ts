import { z } from 'zod';
import { allocateSlots, copySlots, copySlotsPerElement, slotsOf } from '../tensor/slots';
import { axisLayout } from '../tensor/strides';
import { type Tensor } from '../tensor/tensor';
import { formatNamed, tensorNamed } from './flow-values';
import { type TensorFormat } from '../formats/format';
import { commonFormat, joinedFlow, requireSameShapes } from './join';
import { axisParameter, valueNames } from './parameters';
import { requireAxis, sumAxes } from '../formats/symbolic-axis';
import { defineBuiltInFlow } from './tensor-transformation';

function concatFormat(formats: readonly TensorFormat[], axis: number): TensorFormat {
  const common = commonFormat(formats);
  const shapes = formats.flatMap(({ shape }) => (shape ? [shape] : []));
  if (shapes.length < formats.length) return { ...common, shape: undefined };
  const at = requireAxis(shapes[0], axis);
  const shape = requireSameShapes(shapes, at);
  return { ...common, shape: shape.with(at, sumAxes(shapes.map((each) => each[at]))) };
}

function concatTensors(tensors: readonly Tensor[], axis: number): Tensor {
  const { shape } = concatFormat(
    tensors.map(({ dtype, shape }) => ({ kind: 'tensor', dtype, shape })),
    axis,
  );
  const { dtype } = tensors[0];
  const at = requireAxis(shape!, axis);
  const { result, slots } = allocateSlots(dtype, shape as number[]);
  const { outer, size, inner } = axisLayout(result.shape, at);
  const row = inner * copySlotsPerElement(dtype);
  let offset = 0;
  for (const part of tensors) {
    const from = slotsOf(part);
    const block = part.shape[at] * row;
    for (let o = 0; o < outer; o++) copySlots(from, o * block, slots, o * size * row + offset, block);
    offset += block;
  }
  return result;
}

export const concat = defineBuiltInFlow({
  name: 'concat',
  description:
    'Joins values along an axis that they have. They need one dtype, and one size along every other axis. The joined ones are dropped.',
  parameters: z.strictObject({
    with: valueNames.min(1).describe('Values that follow the one worked on'),
    axis: axisParameter.default(0).describe('Axis along which they are joined'),
  }),
  format: (flow, { with: others, axis }, names) =>
    joinedFlow(
      flow,
      names,
      others,
      concatFormat(
        [names.on, ...others].map((name) => formatNamed(flow, name)),
        axis,
      ),
    ),
  apply: (flow, { with: others, axis }, names) =>
    joinedFlow(
      flow,
      names,
      others,
      concatTensors(
        [names.on, ...others].map((name) => tensorNamed(flow, name)),
        axis,
      ),
    ),
});
