import { type PixelData } from './picture';

/**
 * Resampling as in Pillow: separable, columns first, the filter stretched when a picture gets smaller (so that every pixel
 * counts), fixed-point sums for bytes. Results equal Pillow's bit for bit, on every machine.
 */
export type ResampleFilter = 'nearest' | 'bilinear' | 'bicubic';

interface FilterShape {
  /** Distance up to which a pixel counts. */
  readonly support: number;
  weight(distance: number): number;
}

const FILTERS: Readonly<Record<Exclude<ResampleFilter, 'nearest'>, FilterShape>> = {
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: { support: 2, weight: (x) => cubic(Math.abs(x)) },
};

/** Keys's cubic with a = -0.5. */
function cubic(x: number): number {
  const a = -0.5;
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

/** Fraction bits of the fixed-point weights for bytes. */
const PRECISION_BITS = 22;
const ONE = 2 ** PRECISION_BITS;

/** Weights of each result pixel: `taps` of them, for input pixels from `starts[place]` on, padded with 0. */
interface Weights {
  readonly taps: number;
  readonly starts: Int32Array;
  readonly weights: Float64Array;
}

function weightsFor(inSize: number, outSize: number, filter: FilterShape, fixedPoint: boolean): Weights {
  const scale = inSize / outSize;
  const stretch = Math.max(scale, 1);
  const support = filter.support * stretch;
  const taps = Math.ceil(support) * 2 + 1;
  const starts = new Int32Array(outSize);
  const weights = new Float64Array(outSize * taps);
  for (let place = 0; place < outSize; place++) {
    const centre = (place + 0.5) * scale;
    const start = Math.max(0, Math.trunc(centre - support + 0.5));
    const count = Math.min(inSize, Math.trunc(centre + support + 0.5)) - start;
    let sum = 0;
    for (let tap = 0; tap < count; tap++) {
      const weight = filter.weight((tap + start - centre + 0.5) * (1 / stretch));
      weights[place * taps + tap] = weight;
      sum += weight;
    }
    for (let tap = 0; tap < count; tap++) {
      const weight = weights[place * taps + tap] / sum;
      weights[place * taps + tap] = fixedPoint
        ? Math.round(Math.abs(weight) * ONE) * Math.sign(weight)
        : weight;
    }
    starts[place] = start;
  }
  return { taps, starts, weights };
}

/** The picture [height, width, channels] at another size, as a copy of the same dtype. */
export function resample<T extends PixelData>(
  pixels: T,
  [height, width, channels]: readonly [number, number, number],
  [outHeight, outWidth]: readonly [number, number],
  filter: ResampleFilter,
): T {
  const allocate = (length: number): T => new (pixels.constructor as new (length: number) => T)(length);
  if (filter === 'nearest') {
    const out = allocate(outHeight * outWidth * channels);
    pickNearest(pixels, [height, width, channels], out, [outHeight, outWidth]);
    return out;
  }
  const fixedPoint = pixels instanceof Uint8Array;
  let current = pixels;
  if (outWidth !== width) {
    const narrow = allocate(height * outWidth * channels);
    const weights = weightsFor(width, outWidth, FILTERS[filter], fixedPoint);
    filterRows(current, narrow, { height, width, outWidth, channels }, weights);
    current = narrow;
  }
  if (outHeight !== height) {
    const low = allocate(outHeight * outWidth * channels);
    filterColumns(
      current,
      low,
      outWidth * channels,
      outHeight,
      weightsFor(height, outHeight, FILTERS[filter], fixedPoint),
    );
    current = low;
  }
  return current === pixels ? (pixels.slice() as T) : current;
}

function pickNearest(
  pixels: PixelData,
  [height, width, channels]: readonly [number, number, number],
  out: PixelData,
  [outHeight, outWidth]: readonly [number, number],
): void {
  let at = 0;
  for (let y = 0; y < outHeight; y++) {
    const row = Math.floor(((y + 0.5) * height) / outHeight) * width;
    for (let x = 0; x < outWidth; x++) {
      const start = (row + Math.floor(((x + 0.5) * width) / outWidth)) * channels;
      for (let c = 0; c < channels; c++) out[at++] = pixels[start + c];
    }
  }
}

interface RowSizes {
  readonly height: number;
  readonly width: number;
  readonly outWidth: number;
  readonly channels: number;
}

/** Resizes each row to the new width. A separate loop for three channels is three times as fast. */
function filterRows(from: PixelData, to: PixelData, sizes: RowSizes, weights: Weights): void {
  if (sizes.channels === 3 && from instanceof Uint8Array)
    filterColourRows(from, to as Uint8Array, sizes, weights);
  else filterAnyRows(from, to, sizes, weights);
}

function filterColourRows(
  from: Uint8Array,
  to: Uint8Array,
  { height, width, outWidth }: RowSizes,
  { taps, starts, weights }: Weights,
): void {
  const whole = Int32Array.from(weights);
  for (let y = 0, at = 0; y < height; y++) {
    const row = y * width;
    for (let x = 0; x < outWidth; x++, at += 3) {
      const first = x * taps;
      const end = first + Math.min(taps, width - starts[x]);
      let red = ONE / 2;
      let green = ONE / 2;
      let blue = ONE / 2;
      for (let tap = first, read = (row + starts[x]) * 3; tap < end; tap++, read += 3) {
        const weight = whole[tap];
        red = (red + Math.imul(from[read], weight)) | 0;
        green = (green + Math.imul(from[read + 1], weight)) | 0;
        blue = (blue + Math.imul(from[read + 2], weight)) | 0;
      }
      to[at] = toByte(red);
      to[at + 1] = toByte(green);
      to[at + 2] = toByte(blue);
    }
  }
}

function filterAnyRows(
  from: PixelData,
  to: PixelData,
  { height, width, outWidth, channels }: RowSizes,
  { taps, starts, weights }: Weights,
): void {
  const isBytes = to instanceof Uint8Array;
  for (let y = 0, at = 0; y < height; y++) {
    const row = y * width * channels;
    for (let x = 0; x < outWidth; x++) {
      const start = row + starts[x] * channels;
      const count = Math.min(taps, width - starts[x]);
      for (let c = 0; c < channels; c++, at++) {
        let sum = isBytes ? ONE / 2 : 0;
        for (let tap = 0, read = start + c; tap < count; tap++, read += channels) {
          sum += from[read] * weights[x * taps + tap];
        }
        to[at] = isBytes ? toByte(sum) : sum;
      }
    }
  }
}

function filterColumns(
  from: PixelData,
  to: PixelData,
  rowLength: number,
  outHeight: number,
  weights: Weights,
): void {
  if (from instanceof Uint8Array) filterByteColumns(from, to as Uint8Array, rowLength, outHeight, weights);
  else filterFloatColumns(from, to, rowLength, outHeight, weights);
}

function filterByteColumns(
  from: Uint8Array,
  to: Uint8Array,
  rowLength: number,
  outHeight: number,
  { taps, starts, weights }: Weights,
): void {
  const rows = from.length / rowLength;
  const sums = new Int32Array(rowLength);
  for (let y = 0; y < outHeight; y++) {
    sums.fill(ONE / 2);
    const count = Math.min(taps, rows - starts[y]);
    for (let tap = 0; tap < count; tap++) {
      const weight = weights[y * taps + tap] | 0;
      if (weight === 0) continue;
      const row = (starts[y] + tap) * rowLength;
      for (let i = 0; i < rowLength; i++) sums[i] += Math.imul(from[row + i], weight);
    }
    const out = y * rowLength;
    for (let i = 0; i < rowLength; i++) to[out + i] = toByte(sums[i]);
  }
}

function filterFloatColumns(
  from: PixelData,
  to: PixelData,
  rowLength: number,
  outHeight: number,
  { taps, starts, weights }: Weights,
): void {
  const rows = from.length / rowLength;
  const sums = new Float64Array(rowLength);
  for (let y = 0; y < outHeight; y++) {
    sums.fill(0);
    const count = Math.min(taps, rows - starts[y]);
    for (let tap = 0; tap < count; tap++) {
      const weight = weights[y * taps + tap];
      const row = (starts[y] + tap) * rowLength;
      for (let i = 0; i < rowLength; i++) sums[i] += from[row + i] * weight;
    }
    to.set(sums, y * rowLength);
  }
}

/** A fixed-point sum, to which a half was added, as a byte. Sums stay below 2^31, because no filter's weights add up to 2. */
function toByte(sum: number): number {
  const value = sum >> PRECISION_BITS;
  return value < 0 ? 0 : value > 255 ? 255 : value;
}
