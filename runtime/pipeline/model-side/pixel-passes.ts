import { type TypedArray } from '../../tensor/dtype';
import { type Tensor } from '../../tensor/tensor';

/** What the steps make of each byte in each channel of the result. */
export interface PixelTables {
  readonly dtype: Tensor['dtype'];
  readonly channels: readonly number[];
  readonly values: readonly TypedArray[];
  /** The same for two bytes at once, where there are such tables. */
  readonly pairs?: readonly Float64Array[];
}

/**
 * What two bytes become, by the first + 256 × the second: both floats in one number of 64 bits, which is read and written
 * as one. `undefined` where such a number could be NaN, whose bits an engine may change on the way.
 */
export function pairTable(table: Float32Array): Float64Array | undefined {
  const floats = new Float32Array(2 * 65_536);
  for (let at = 0; at < 65_536; at++) {
    floats[2 * at] = table[at & 0xff];
    floats[2 * at + 1] = table[at >>> 8];
  }
  const pairs = new Float64Array(floats.buffer);
  return pairs.some(Number.isNaN) ? undefined : pairs;
}

/** From pixels to one plane after the other. */
export function toPlanes(from: Uint8Array, channels: number, to: Float32Array, tables: PixelTables): void {
  const pixels = from.length / channels;
  if (channels === 3 && tables.channels.length === 3) {
    colourToPlanes(from, to, pixels, tables);
    return;
  }
  tables.channels.forEach((channel, plane) => {
    const table = tables.values[plane] as Float32Array;
    for (let i = 0, read = channel, at = plane * pixels; i < pixels; i++, read += channels) {
      to[at++] = table[from[read]];
    }
  });
}

/** The usual case, in one pass: four pixels are three words of memory, and what two pixels become is one number of 64 bits. */
function colourToPlanes(
  from: Uint8Array,
  to: Float32Array,
  pixels: number,
  { channels, values, pairs }: PixelTables,
): void {
  const places = [0, 1, 2].map((channel) => channels.indexOf(channel));
  const isAligned = from.byteOffset % 4 === 0 && to.byteOffset % 8 === 0 && pixels % 2 === 0;
  const whole = pairs && isAligned && !places.includes(-1) ? pixels - (pixels % 4) : 0;
  if (pairs && whole > 0) {
    const words = new Uint32Array(from.buffer, from.byteOffset, (whole / 4) * 3);
    fourPixelsAtOnce(
      words,
      places.map((place) => new Float64Array(to.buffer, to.byteOffset + 4 * place * pixels, pixels / 2)),
      places.map((place) => pairs[place]),
    );
  }
  channels.forEach((channel, place) => {
    const plane = to.subarray(place * pixels, (place + 1) * pixels);
    const table = values[place] as Float32Array;
    for (let i = whole; i < pixels; i++) plane[i] = table[from[3 * i + channel]];
  });
}

/** From pixels of three bytes to the plane of each, two neighbours through its table of pairs. */
function fourPixelsAtOnce(
  words: Uint32Array,
  [plane0, plane1, plane2]: readonly Float64Array[],
  [pairs0, pairs1, pairs2]: readonly Float64Array[],
): void {
  for (let i = 0, read = 0; read < words.length; i += 2, read += 3) {
    const a = words[read];
    const b = words[read + 1];
    const c = words[read + 2];
    plane0[i] = pairs0[(a & 0xff) | ((a >>> 16) & 0xff00)];
    plane1[i] = pairs1[((a >>> 8) & 0xff) | ((b << 8) & 0xff00)];
    plane2[i] = pairs2[((a >>> 16) & 0xff) | (b & 0xff00)];
    plane0[i + 1] = pairs0[((b >>> 16) & 0xff) | (c & 0xff00)];
    plane1[i + 1] = pairs1[(b >>> 24) | ((c >>> 8) & 0xff00)];
    plane2[i + 1] = pairs2[(c & 0xff) | ((c >>> 16) & 0xff00)];
  }
}

/** From pixels to pixels. */
export function toPixels(from: Uint8Array, channels: number, to: Float32Array, tables: PixelTables): void {
  const count = tables.channels.length;
  const pixels = from.length / channels;
  tables.channels.forEach((channel, place) => {
    const table = tables.values[place] as Float32Array;
    for (let i = 0, read = channel, at = place; i < pixels; i++, read += channels, at += count) {
      to[at] = table[from[read]];
    }
  });
}
