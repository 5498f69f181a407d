import { z } from 'zod';
import { withFormat } from '../../formats/format';
import { defineTensorTransformation } from '../tensor-transformation';
import { MAX_SIDE, pictureFormat, requirePictureShape, requirePixelDType, requirePixels } from './picture';
import { resample } from './resample';

export const resize = defineTensorTransformation({
  name: 'resize',
  description:
    'A picture [height, width, channels] at another size, stretched where its proportions differ. Equal to what Pillow makes of it, bit for bit.',
  parameters: z.strictObject({
    width: z.int().min(1).max(MAX_SIDE).describe('Width of the result in pixels'),
    height: z.int().min(1).max(MAX_SIDE).describe('Height of the result in pixels'),
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
  apply(input, { width, height, filter }) {
    const shape = requirePictureShape(input.shape);
    const pixels = requirePixels(input);
    if (shape[0] === height && shape[1] === width) return input;
    const data = resample(pixels, shape, [height, width], filter);
    return { dtype: input.dtype, shape: [height, width, shape[2]], data };
  },
});
