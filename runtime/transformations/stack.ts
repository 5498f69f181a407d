import { z } from 'zod';
import { allocateSlots, copySlots, copySlotsPerElement, slotsOf } from '../tensor/slots';
import { axisLayout } from '../tensor/strides';
import { isTensor, type Flow, type Tensor } from '../tensor/tensor';
import { formatNamed, tensorNamed } from './flow-values';
import { FormatError, type Axis, type FlowFormat, type TensorFormat } from '../formats/format';
import { commonFormat, joinedFlow, requireSameShapes } from './join';
import { axisParameter, valueNames } from './parameters';
import { requireNewAxis } from '../formats/symbolic-axis';
import { defineBuiltInFlow } from './tensor-transformation';

const NOTHING_TO_STACK = 'stacks a list of tensors, or a tensor with others; name the others with "with"';

function stackFormat(formats: readonly TensorFormat[], count: Axis, axis: number): TensorFormat {
  const { layout, ...common } = commonFormat(formats);
  const shapes = formats.flatMap(({ shape }) => (shape ? [shape] : []));
  if (shapes.length < formats.length) return { ...common, shape: undefined };
  const shape = requireSameShapes(shapes);
  return {
    ...common,
    ...(layout !== undefined && axis === 0 && { layout: `N${layout}` }),
    shape: shape.toSpliced(requireNewAxis(shape, axis), 0, count),
  };
}

function stackTensors(tensors: readonly Tensor[], axis: number): Tensor {
  if (tensors.length === 0) throw new FormatError('cannot stack an empty list: its shape is not known');
  const formats = tensors.map(({ dtype, shape }) => ({ kind: 'tensor', dtype, shape }) as const);
  const { shape } = stackFormat(formats, tensors.length, axis);
  const { dtype } = tensors[0];
  const { result, slots } = allocateSlots(dtype, shape as number[]);
  const { outer, size, inner } = axisLayout(result.shape, requireNewAxis(tensors[0].shape, axis));
  const row = inner * copySlotsPerElement(dtype);
  tensors.forEach((part, k) => {
    const from = slotsOf(part);
    for (let o = 0; o < outer; o++) copySlots(from, o * row, slots, (o * size + k) * row, row);
  });
  return result;
}

function stackedFormat(flow: FlowFormat, on: string, others: readonly string[], axis: number): TensorFormat {
  const format = flow.get(on);
  if (format?.kind !== 'list') {
    if (others.length === 0) throw new FormatError(NOTHING_TO_STACK);
    const formats = [on, ...others].map((name) => formatNamed(flow, name));
    return stackFormat(formats, formats.length, axis);
  }
  if (others.length > 0) throw new FormatError('stacks the tensors of a list with no others');
  return stackFormat([format.item], format.length, axis);
}

function stacked(flow: Flow, on: string, others: readonly string[], axis: number): Tensor {
  const value = flow.get(on);
  if (value && !isTensor(value)) return stackTensors(value, axis);
  return stackTensors(
    [on, ...others].map((name) => tensorNamed(flow, name)),
    axis,
  );
}

export const stack = defineBuiltInFlow({
  name: 'stack',
  description:
    'Joins values of one dtype and shape along a new axis: the tensors of a list, or the value worked on with others, which are dropped.',
  parameters: z.strictObject({
    with: valueNames.default([]).describe('Values that follow the one worked on; none for a list of tensors'),
    axis: axisParameter.default(0).describe('Where the new axis goes in the result'),
  }),
  format: (flow, { with: others, axis }, names) =>
    joinedFlow(flow, names, others, stackedFormat(flow, names.on, others, axis)),
  apply: (flow, { with: others, axis }, names) =>
    joinedFlow(flow, names, others, stacked(flow, names.on, others, axis)),
});
