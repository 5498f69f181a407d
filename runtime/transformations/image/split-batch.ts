import { z } from 'zod';
import { allocateSlots, copySlots, copySlotsPerElement, slotsOf } from '../../tensor/slots';
import { axisLayout } from '../../tensor/strides';
import { isTensor, type Tensor } from '../../tensor/tensor';
import { slotsPerElement } from '../../tensor/dtype';
import { FormatError, requireTensor, withFormat, type Axis } from '../../formats/format';
import { permutedLayout } from '../../formats/layout';
import { axisParameter } from '../parameters';
import { requireAxis } from '../../formats/symbolic-axis';
import { type Named } from '../tensor-transformation';
import { type UnaryTransformation } from '../transformation';

const parameters = z.strictObject({
  axis: axisParameter.default(0).describe('Axis that is split; the items do not have it any more'),
});
type Parameters = z.output<typeof parameters>;

/** @throws FormatError when the batch is known to be empty. */
function requireItems(length: Axis): Axis {
  if (length === 0) throw new FormatError('has no items: a batch has at least one');
  return length;
}

/** Items along the first axis are contiguous: views without copies. */
function viewItems({ dtype, shape, data }: Tensor): Tensor[] {
  const itemShape = shape.slice(1);
  const length = itemShape.reduce((product, size) => product * size, slotsPerElement(dtype));
  return Array.from({ length: shape[0] }, (_, item) => ({
    dtype,
    shape: itemShape,
    data: Array.isArray(data)
      ? data.slice(item * length, (item + 1) * length)
      : data.subarray(item * length, (item + 1) * length),
  }));
}

function copyItems(input: Tensor, axis: number): Tensor[] {
  const { outer, size, inner } = axisLayout(input.shape, axis);
  const from = slotsOf(input);
  const row = inner * copySlotsPerElement(input.dtype);
  return Array.from({ length: size }, (_, item) => {
    const { result, slots } = allocateSlots(input.dtype, input.shape.toSpliced(axis, 1));
    for (let o = 0; o < outer; o++) copySlots(from, (o * size + item) * row, slots, o * row, row);
    return result;
  });
}

export const splitBatch: Named<UnaryTransformation<Parameters>, 'split-batch', typeof parameters> = {
  over: 'value',
  name: 'split-batch',
  description:
    'Splits a batch into a list of its items, for example of pictures. Steps after it work on each of them; an empty batch is refused.',
  parameters,
  format(input, { axis }) {
    const batch = requireTensor(input);
    if (!batch.shape) {
      return { kind: 'list', item: withFormat(batch, { layout: undefined }), length: 'items' };
    }
    const at = requireAxis(batch.shape, axis);
    const kept = batch.shape.map((_, i) => i).filter((i) => i !== at);
    return {
      kind: 'list',
      length: requireItems(batch.shape[at]),
      item: withFormat(batch, {
        shape: batch.shape.toSpliced(at, 1),
        layout: permutedLayout(batch, kept),
        vectorLength: at === batch.shape.length - 1 ? undefined : batch.vectorLength,
      }),
    };
  },
  apply(input, { axis }) {
    if (!isTensor(input)) throw new FormatError('splits one tensor, got a list of them');
    const at = requireAxis(input.shape, axis);
    requireItems(input.shape[at]);
    return at === 0 ? viewItems(input) : copyItems(input, at);
  },
};
