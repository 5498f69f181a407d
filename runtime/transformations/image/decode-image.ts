import { z } from 'zod';
import { formatShape } from '../../tensor/shape';
import { type Tensor } from '../../tensor/tensor';
import { formatNamed, tensorNamed, withValue } from '../flow-values';
import { describeFormat, FormatError, type ListFormat, type TensorFormat } from '../../formats/format';
import { defineBuiltInFlow } from '../tensor-transformation';
import { type ReserveMemory } from '../transformation';
import { decodePicture, readPictureHead, type DecodeOptions, type PictureHead } from './decode-picture';

/** Pictures of one request that are decoded at once: more would take the threads from other requests. */
const AT_ONCE = 2;

interface Parameters extends DecodeOptions {
  readonly maxPixels: number;
}

function decodedFormat(input: TensorFormat, colour: DecodeOptions['colour']): ListFormat {
  const { dtype, shape } = input;
  if (dtype !== 'string') {
    throw new FormatError(`needs encoded pictures as strings, got ${describeFormat(input)}`);
  }
  if (shape && shape.length !== 1) {
    throw new FormatError(`needs a row of pictures [pictures], got ${formatShape(shape)}`);
  }
  const channels = colour === 'rgb' ? 3 : 1;
  return {
    kind: 'list',
    length: shape?.[0] ?? 'pictures',
    item: { kind: 'tensor', dtype: 'uint8', shape: ['height', 'width', channels], layout: 'HWC' },
  };
}

/** Adds the picture's index to the errors of `step`. */
async function about<T>(index: number, step: Promise<T>): Promise<T> {
  try {
    return await step;
  } catch (error) {
    if (error instanceof FormatError) throw new FormatError(`picture ${index} ${error.message}`);
    throw error;
  }
}

/** Reads all headers before decoding: a small file can hold a picture that fills the memory. */
async function readHeads(pictures: readonly Uint8Array[], maxPixels: number): Promise<PictureHead[]> {
  const heads: PictureHead[] = [];
  let total = 0;
  for (const [index, bytes] of pictures.entries()) {
    const head = await about(index, readPictureHead(bytes));
    total += head.width * head.height;
    if (total > maxPixels) {
      throw new FormatError(
        `picture ${index} has ${head.width} × ${head.height} pixels, which makes ${total} in this request; at most ${maxPixels} are allowed`,
      );
    }
    heads.push(head);
  }
  return heads;
}

async function decodeAll(
  { dtype, shape, data }: Tensor,
  { maxPixels, ...options }: Parameters,
  reserve: ReserveMemory | undefined,
): Promise<Tensor[]> {
  decodedFormat({ kind: 'tensor', dtype, shape }, options.colour);
  const pictures = data as Uint8Array[];
  if (pictures.length === 0) throw new FormatError('has no pictures: a request brings at least one');
  const heads = await readHeads(pictures, maxPixels);
  const channels = options.colour === 'rgb' ? 3 : 1;
  await reserve?.(heads.reduce((bytes, { width, height }) => bytes + width * height * channels, 0));
  const decoded = new Array<Tensor>(pictures.length);
  const waiting = pictures.entries();
  const work = async (): Promise<void> => {
    for (const [index, bytes] of waiting) {
      decoded[index] = await about(index, decodePicture(bytes, options, heads[index]));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return decoded;
}

export const decodeImage = defineBuiltInFlow({
  name: 'decode-image',
  description:
    'Decodes JPEG and PNG pictures in a string tensor [pictures] into a list of uint8 pictures [height, width, channels]. Grey, palette and CMYK pictures become RGB, transparency is dropped, 16 bits become 8, of an animation the first picture is taken. A picture that is none, truncated or too large is refused.',
  reservesMemory: true,
  parameters: z.strictObject({
    colour: z.enum(['rgb', 'grey']).default('rgb').describe('Channels of the result: 3 or 1'),
    orient: z.boolean().default(true).describe('Whether a picture is turned upright as its EXIF data say'),
    maxPixels: z
      .int()
      .min(1)
      .max(2 ** 30)
      .default(50_000_000)
      .describe('Most pixels of all pictures of a request together'),
  }),
  format: (flow, { colour }, { on, as }) => withValue(flow, as, decodedFormat(formatNamed(flow, on), colour)),
  async apply(flow, parameters, { on, as }, reserve) {
    return withValue(flow, as, await decodeAll(tensorNamed(flow, on), parameters, reserve));
  },
});
