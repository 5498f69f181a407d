import { z } from 'zod';
import { allocateSlots, copySlots, copySlotsPerElement, slotsOf } from '../../tensor/slots';
import { FormatError, withFormat, type Axis } from '../../formats/format';
import { defineTensorTransformation } from '../tensor-transformation';
import { MAX_SIDE, pictureFormat, requirePictureShape } from './picture';

/** First pixel along one side. @throws FormatError when the part exceeds the picture. */
function requireStart(
  side: 'width' | 'height',
  size: Axis,
  start: number | undefined,
  length: number,
): number {
  if (typeof size !== 'number') return start ?? 0;
  const first = start ?? Math.floor((size - length) / 2);
  if (first >= 0 && first + length <= size) return first;
  throw new FormatError(
    `cannot take ${length} pixels from ${first} on of a picture whose ${side} is ${size}`,
  );
}

export const crop = defineTensorTransformation({
  name: 'crop',
  description: 'Takes a part of a picture [height, width, channels]; by default the middle.',
  parameters: z.strictObject({
    width: z.int().min(1).max(MAX_SIDE).describe('Width of the part in pixels'),
    height: z.int().min(1).max(MAX_SIDE).describe('Height of the part in pixels'),
    left: z.int().min(0).optional().describe('First column; default: as much is left out on both sides'),
    top: z.int().min(0).optional().describe('First row; default: as much is left out on both sides'),
  }),
  format(input, { width, height, left, top }) {
    const shape = pictureFormat(input);
    if (!shape) return input;
    requireStart('height', shape[0], top, height);
    requireStart('width', shape[1], left, width);
    return withFormat(input, { shape: [height, width, shape[2]] });
  },
  apply(input, { width, height, left, top }) {
    const [inputHeight, inputWidth, channels] = requirePictureShape(input.shape);
    const firstRow = requireStart('height', inputHeight, top, height);
    const firstColumn = requireStart('width', inputWidth, left, width);
    const { result, slots } = allocateSlots(input.dtype, [height, width, channels]);
    const from = slotsOf(input);
    const pixel = channels * copySlotsPerElement(input.dtype);
    for (let row = 0; row < height; row++) {
      const start = ((firstRow + row) * inputWidth + firstColumn) * pixel;
      copySlots(from, start, slots, row * width * pixel, width * pixel);
    }
    return result;
  },
});
