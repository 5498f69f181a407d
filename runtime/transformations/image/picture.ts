import { formatShape } from '../../tensor/shape';
import { type Tensor } from '../../tensor/tensor';
import { describeFormat, FormatError, type Axis, type TensorFormat } from '../../formats/format';

/** Longest side of a resulting picture; a longer one is taken for a mistake. */
export const MAX_SIDE = 16_384;

/** Channels that a picture can have: grey, grey with alpha, colour, colour with alpha. */
const MAX_CHANNELS = 4;

/** Height, width and channels of a picture: [height, width, channels], as pictures are decoded. */
export type PictureShape<A extends Axis = number> = readonly [height: A, width: A, channels: A];

/** @throws FormatError when the format cannot be that of a picture in HWC layout. */
export function pictureFormat(format: TensorFormat): PictureShape<Axis> | undefined {
  const { layout, shape } = format;
  if (layout !== undefined && layout !== 'HWC') {
    throw new FormatError(`needs a picture in HWC layout, got ${describeFormat(format)}`);
  }
  return shape && requirePictureShape(shape);
}

/** @throws FormatError when the shape is not [height, width, channels]. */
export function requirePictureShape<A extends Axis>(shape: readonly A[]): PictureShape<A> {
  const [height, width, channels] = shape;
  if (shape.includes(0 as A)) throw new FormatError(`has no pixels: ${formatShape(shape)}`);
  if (shape.length === 3 && (typeof channels !== 'number' || channels <= MAX_CHANNELS)) {
    return [height, width, channels];
  }
  throw new FormatError(
    `needs a picture [height, width, channels] of at most ${MAX_CHANNELS} channels, got ${formatShape(shape)}`,
  );
}

/** A picture of a dtype that steps compute with. */
export type PixelData = Uint8Array | Float32Array | Float64Array;

/** @throws FormatError for other dtypes. */
export function requirePixels({ dtype, data }: Tensor): PixelData {
  requirePixelDType(dtype);
  return data as PixelData;
}

/** @throws FormatError for other dtypes. */
export function requirePixelDType(dtype: Tensor['dtype'] | undefined): void {
  if (dtype === undefined || dtype === 'uint8' || dtype === 'float32' || dtype === 'float64') return;
  throw new FormatError(`needs pixels of uint8, float32 or float64, got ${dtype}; cast them first`);
}
