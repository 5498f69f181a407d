import { type TypedArray } from '../../tensor/dtype';
import { type Tensor } from '../../tensor/tensor';

/** What the steps make of each byte in each channel of the result. */
export interface PixelTables {
  readonly dtype: Tensor['dtype'];
  readonly channels: readonly number[];
  readonly values: readonly TypedArray[];
  /** The same for two bytes at once, where there can be such tables. */
  readonly pairs?: PairTables;
}

/** Tables of pairs, one behind the other. */
export interface PairTables {
  readonly values: Float64Array;
  /** Where the table of each channel of the result begins; channels that are alike have one. */
  readonly starts: readonly number[];
}

/** What two bytes can be together. */
const PAIRS = 65_536;

/**
 * What two bytes become, by the first + 256 × the second: both floats in one number of 64 bits, which is read and written
 * as one. `undefined` where a float is NaN: only then that number could be NaN, too, whose bits may change on the way.
 */
export function pairTables(tables: readonly Float32Array[]): PairTables | undefined {
  // NaN is like nothing, not even itself.
  const places = tables.map((table) =>
    tables.findIndex((other) => other.every((value, byte) => value === table[byte])),
  );
  if (places.includes(-1)) return undefined;
  const different = [...new Set(places)];
  const floats = new Float32Array(2 * PAIRS * different.length);
  different.forEach((place, at) => {
    for (let pair = 0; pair < PAIRS; pair++) {
      floats[2 * (at * PAIRS + pair)] = tables[place][pair & 0xff];
      floats[2 * (at * PAIRS + pair) + 1] = tables[place][pair >>> 8];
    }
  });
  const starts = places.map((place) => different.indexOf(place) * PAIRS);
  return { values: new Float64Array(floats.buffer), starts };
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
    const target = new Float64Array(to.buffer, to.byteOffset, (3 * pixels) / 2);
    const planes = places.map((place) => (place * pixels) / 2);
    const tables = places.map((place) => pairs.starts[place]);
    fourPixelsAtOnce(words, target, planes, pairs.values, tables);
  }
  channels.forEach((channel, place) => {
    const plane = to.subarray(place * pixels, (place + 1) * pixels);
    const table = values[place] as Float32Array;
    for (let i = whole; i < pixels; i++) plane[i] = table[from[3 * i + channel]];
  });
}

/**
 * From pixels of three bytes to the plane of each, two neighbours through its table of pairs. Planes and tables are places in
 * one array each: every array more is one more that the processor has no register for.
 */
function fourPixelsAtOnce(
  words: Uint32Array,
  to: Float64Array,
  [plane0, plane1, plane2]: readonly number[],
  pairs: Float64Array,
  [table0, table1, table2]: readonly number[],
): void {
  for (let i = 0, read = 0; read < words.length; i += 2, read += 3) {
    const a = words[read];
    const b = words[read + 1];
    const c = words[read + 2];
    to[plane0 + i] = pairs[table0 + ((a & 0xff) | ((a >>> 16) & 0xff00))];
    to[plane0 + i + 1] = pairs[table0 + (((b >>> 16) & 0xff) | (c & 0xff00))];
    to[plane1 + i] = pairs[table1 + (((a >>> 8) & 0xff) | ((b << 8) & 0xff00))];
    to[plane1 + i + 1] = pairs[table1 + ((b >>> 24) | ((c >>> 8) & 0xff00))];
    to[plane2 + i] = pairs[table2 + (((a >>> 16) & 0xff) | (b & 0xff00))];
    to[plane2 + i + 1] = pairs[table2 + ((c & 0xff) | ((c >>> 16) & 0xff00))];
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
