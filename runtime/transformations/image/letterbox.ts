import { z } from 'zod';
import { withFormat } from '../../formats/format';
import { defineTensorTransformation } from '../tensor-transformation';
import {
  MAX_SIDE,
  pictureFormat,
  requirePictureShape,
  requirePixelDType,
  requirePixels,
  type PixelData,
} from './picture';
import { resample } from './resample';

export const letterbox = defineTensorTransformation({
  name: 'letterbox',
  description:
    'A picture [height, width, channels] at the largest size that fits, its proportions kept, in the middle of a plain frame. The factor is the smaller of width/its width and height/its height; sides are rounded, and what is left is halved, the smaller half first.',
  parameters: z.strictObject({
    width: z.int().min(1).max(MAX_SIDE).describe('Width of the frame in pixels'),
    height: z.int().min(1).max(MAX_SIDE).describe('Height of the frame in pixels'),
    fill: z.number().min(0).max(255).default(0).describe('Value of the pixels around the picture'),
    filter: z
      .enum(['nearest', 'bilinear', 'bicubic'])
      .default('bilinear')
      .describe('How pixels between pixels are computed'),
  }),
  format(input, { width, height }) {
    requirePixelDType(input.dtype);
    const shape = pictureFormat(input);
    return shape ? withFormat(input, { shape: [height, width, shape[2]] }) : input;
  },
  apply(input, { width, height, fill, filter }) {
    const shape = requirePictureShape(input.shape);
    const [inputHeight, inputWidth, channels] = shape;
    const factor = Math.min(width / inputWidth, height / inputHeight);
    const innerWidth = Math.max(1, Math.round(inputWidth * factor));
    const innerHeight = Math.max(1, Math.round(inputHeight * factor));
    const pixels = requirePixels(input);
    const inner = resample(pixels, shape, [innerHeight, innerWidth], filter);
    const frame = new (inner.constructor as new (length: number) => PixelData)(
      height * width * channels,
    ).fill(fill);
    const left = Math.floor((width - innerWidth) / 2);
    const top = Math.floor((height - innerHeight) / 2);
    const row = innerWidth * channels;
    for (let y = 0; y < innerHeight; y++) {
      frame.set(inner.subarray(y * row, (y + 1) * row), ((top + y) * width + left) * channels);
    }
    return { dtype: input.dtype, shape: [height, width, channels], data: frame };
  },
});
