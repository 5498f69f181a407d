import { type Metadata, type Sharp } from 'sharp';
import { messageOf } from '../../../contracts/program/problem';
import { type Tensor } from '../../tensor/tensor';
import { FormatError } from '../../formats/format';

export interface DecodeOptions {
  readonly colour: 'rgb' | 'grey';
  /** Whether the picture is rotated by its EXIF orientation. */
  readonly orient: boolean;
}

/** The header of an encoded picture. */
export interface PictureHead {
  readonly width: number;
  readonly height: number;
}

type SharpModule = (bytes: Uint8Array, options: object) => Sharp;
let loading: Promise<SharpModule> | undefined;

/** Loaded on first use: most pipelines do not need it. */
function loadSharp(): Promise<SharpModule> {
  loading ??= import('sharp').then(({ default: sharp }) => {
    // Requests keep the cores busy already, and no picture comes twice.
    sharp.concurrency(1);
    sharp.cache(false);
    return sharp;
  });
  return loading;
}

const SIGNATURES = {
  JPEG: [0xff, 0xd8, 0xff],
  PNG: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
};

/** Only these formats: the library reads many more, some with a history of vulnerabilities. */
function requireSignature(bytes: Uint8Array): void {
  const known = Object.values(SIGNATURES).some((signature) =>
    signature.every((byte, i) => bytes[i] === byte),
  );
  if (known) return;
  const start = Buffer.from(bytes.subarray(0, 8)).toString('hex');
  throw new FormatError(
    bytes.length === 0
      ? 'is empty; JPEG and PNG are read'
      : `is neither JPEG nor PNG: its ${bytes.length} bytes start with ${start}`,
  );
}

/** @throws FormatError when the bytes do not begin as a picture does. */
export async function readPictureHead(bytes: Uint8Array): Promise<PictureHead> {
  requireSignature(bytes);
  const sharp = await loadSharp();
  let metadata: Metadata;
  try {
    // The caller limits the size, with its own message.
    metadata = await sharp(bytes, { limitInputPixels: false }).metadata();
  } catch (error) {
    throw new FormatError(`cannot be decoded: ${oneLine(error)}`);
  }
  return { width: metadata.width, height: metadata.height };
}

/**
 * The pixels of a JPEG or PNG as uint8 [height, width, 3], or 1 channel for grey: colours in sRGB (CMYK, palettes and grey
 * are converted), 16 bits a channel cut to 8, transparency dropped, of an animation the first picture.
 * Decoded outside this thread.
 * @throws FormatError when the picture is truncated or corrupt.
 */
export async function decodePicture(
  bytes: Uint8Array,
  { colour, orient }: DecodeOptions,
  head: PictureHead,
): Promise<Tensor<'uint8'>> {
  const sharp = await loadSharp();
  try {
    const picture = sharp(bytes, { failOn: 'error', limitInputPixels: head.width * head.height });
    const upright = orient ? picture.autoOrient() : picture;
    const { data, info } = await upright
      .toColourspace(colour === 'rgb' ? 'srgb' : 'b-w')
      .removeAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { dtype: 'uint8', shape: [info.height, info.width, info.channels], data: new Uint8Array(data) };
  } catch (error) {
    throw new FormatError(`cannot be decoded: ${oneLine(error)}`);
  }
}

function oneLine(error: unknown): string {
  return messageOf(error).trim().replace(/\s+/g, ' ');
}
