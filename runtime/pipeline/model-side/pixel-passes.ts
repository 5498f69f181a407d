import { type TypedArray } from '../../tensor/dtype';
import { type Tensor } from '../../tensor/tensor';

/** What the steps make of each byte in each channel of the result. */
export interface PixelTables {
  readonly dtype: Tensor['dtype'];
  readonly channels: readonly number[];
  readonly values: readonly TypedArray[];
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

/** The usual case, in one pass: four pixels are three words of memory, where they begin at one. */
function colourToPlanes(
  from: Uint8Array,
  to: Float32Array,
  pixels: number,
  { channels, values }: PixelTables,
): void {
  const planes = [0, 1, 2].map((plane) => to.subarray(plane * pixels, (plane + 1) * pixels));
  const places = [0, 1, 2].map((channel) => channels.indexOf(channel));
  const whole = from.byteOffset % 4 === 0 && !places.includes(-1) ? pixels - (pixels % 4) : 0;
  if (whole > 0) {
    const words = new Uint32Array(from.buffer, from.byteOffset, (whole / 4) * 3);
    fourPixelsAtOnce(
      words,
      places.map((place) => planes[place]),
      places.map((place) => values[place] as Float32Array),
    );
  }
  channels.forEach((channel, place) => {
    const [plane, table] = [planes[place], values[place] as Float32Array];
    for (let i = whole; i < pixels; i++) plane[i] = table[from[3 * i + channel]];
  });
}

/** From pixels of three bytes to the plane of each, through its table. */
function fourPixelsAtOnce(
  words: Uint32Array,
  [plane0, plane1, plane2]: readonly Float32Array[],
  [table0, table1, table2]: readonly Float32Array[],
): void {
  for (let i = 0, read = 0; read < words.length; i += 4, read += 3) {
    const a = words[read];
    const b = words[read + 1];
    const c = words[read + 2];
    plane0[i] = table0[a & 255];
    plane1[i] = table1[(a >>> 8) & 255];
    plane2[i] = table2[(a >>> 16) & 255];
    plane0[i + 1] = table0[a >>> 24];
    plane1[i + 1] = table1[b & 255];
    plane2[i + 1] = table2[(b >>> 8) & 255];
    plane0[i + 2] = table0[(b >>> 16) & 255];
    plane1[i + 2] = table1[b >>> 24];
    plane2[i + 2] = table2[c & 255];
    plane0[i + 3] = table0[(c >>> 8) & 255];
    plane1[i + 3] = table1[(c >>> 16) & 255];
    plane2[i + 3] = table2[c >>> 24];
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
