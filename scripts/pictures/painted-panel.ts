import { Random } from '../../contracts/values/random';

export interface PaintedPanelOptions {
  readonly seed: number;
  /** How many scratches the panel has; 0: it is clean. */
  readonly scratches: number;
  /** Default: 1200 × 900, as the published clients send them. */
  readonly width?: number;
  readonly height?: number;
}

/** One scratch: where it is, in pixels. */
export interface Scratch {
  /** x1, y1, x2, y2 around its pixels; the last ones exclusive. */
  readonly box: readonly [number, number, number, number];
  /** [height · width] of 0 and 1. */
  readonly mask: Uint8Array;
}

/** A made picture of a painted panel of a vehicle, and what is really on it. */
export interface PaintedPanel {
  readonly width: number;
  readonly height: number;
  /** [height, width, 3] */
  readonly pixels: Uint8Array;
  readonly scratches: readonly Scratch[];
}

// Looked up once: pixel loops call them a million times.
const { exp, hypot, max, min, round } = Math;

type Point = readonly [x: number, y: number];

/** Scratches keep this far from each other and from the edge, in pixels. */
const CLEARANCE = 90;
const EDGE = 30;
const NOISE = 3;

/**
 * A panel in one colour that gets darker to one side, with soft highlights, the grain of metallic paint, and scratches through
 * which the lighter primer shows: curved lines of 5 to 8 pixels. The same options give the same picture.
 */
export function paintPanel({
  seed,
  scratches,
  width = 1200,
  height = 900,
}: PaintedPanelOptions): PaintedPanel {
  const random = new Random(seed);
  const light = new Float32Array(width * height);
  addShade(light, width, height, random);
  for (let i = 0; i < 3; i++) addHighlight(light, width, height, random);
  const painted: Scratch[] = [];
  const taken: Point[] = [];
  for (let tries = 0; painted.length < scratches && tries < 1000; tries++) {
    const line = drawCurve(width, height, random);
    if (line.some((point) => taken.some((other) => distance(point, other) < CLEARANCE))) continue;
    taken.push(...line);
    painted.push(scratch(light, width, height, line, random));
  }
  if (painted.length < scratches) throw new Error(`there is no room for ${scratches} scratches`);
  return { width, height, pixels: develop(light, random), scratches: painted };
}

/** Brightness is what the paint's colour is multiplied with, 1 being the colour itself. */
function addShade(light: Float32Array, width: number, height: number, random: Random): void {
  const slopeX = random.between(-0.2, 0.2);
  const slopeY = random.between(-0.25, 0.1);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++)
      light[at] = 1 + slopeX * (x / width - 0.5) + slopeY * (y / height - 0.5);
  }
}

/** Squared distance from a highlight, in its deviations, from which on its light is less than a step of a byte. */
const NOTHING_BEYOND = 16;

/** A lamp's reflection: a blot or a band with soft edges. */
function addHighlight(light: Float32Array, width: number, height: number, random: Random): void {
  const [centreX, centreY] = [random.between(0, width), random.between(0, height)];
  const angle = random.between(0, Math.PI);
  const along = random.between(120, 500);
  const across = random.between(35, 90);
  const gain = random.between(0.15, 0.5);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      const u = ((x - centreX) * cos + (y - centreY) * sin) / along;
      const v = ((y - centreY) * cos - (x - centreX) * sin) / across;
      const squared = u * u + v * v;
      if (squared < NOTHING_BEYOND) light[at] += gain * exp(-0.5 * squared);
    }
  }
}

/** Points along a gently bent line, a pixel or less apart. */
function drawCurve(width: number, height: number, random: Random): Point[] {
  const length = random.between(130, 380);
  const angle = random.between(0, 2 * Math.PI);
  const start: Point = [random.between(EDGE, width - EDGE), random.between(EDGE, height - EDGE)];
  const end: Point = [start[0] + length * Math.cos(angle), start[1] + length * Math.sin(angle)];
  const bend = random.between(-0.2, 0.2) * length;
  const middle: Point = [
    (start[0] + end[0]) / 2 - bend * Math.sin(angle),
    (start[1] + end[1]) / 2 + bend * Math.cos(angle),
  ];
  const steps = Math.ceil(length * 1.3);
  const curve = Array.from({ length: steps + 1 }, (_, i): Point => {
    const t = i / steps;
    const weights = [(1 - t) ** 2, 2 * t * (1 - t), t ** 2];
    return [
      weights[0] * start[0] + weights[1] * middle[0] + weights[2] * end[0],
      weights[0] * start[1] + weights[1] * middle[1] + weights[2] * end[1],
    ];
  });
  const isInside = curve.every(([x, y]) => x > EDGE && x < width - EDGE && y > EDGE && y < height - EDGE);
  return isInside ? curve : drawCurve(width, height, random);
}

/** Lightens what is near the line and returns the truth of it. */
function scratch(
  light: Float32Array,
  width: number,
  height: number,
  line: readonly Point[],
  random: Random,
): Scratch {
  const radius = random.between(2.5, 4);
  const gain = random.between(0.6, 1);
  const nearest = new Map<number, number>();
  const reach = Math.ceil(radius) + 2;
  for (const [px, py] of line) {
    for (let y = max(0, Math.floor(py) - reach); y < min(height, py + reach); y++) {
      for (let x = max(0, Math.floor(px) - reach); x < min(width, px + reach); x++) {
        const here = hypot(x + 0.5 - px, y + 0.5 - py);
        const at = y * width + x;
        if (here < (nearest.get(at) ?? Infinity)) nearest.set(at, here);
      }
    }
  }
  const mask = new Uint8Array(width * height);
  const box: [number, number, number, number] = [width, height, 0, 0];
  for (const [at, away] of nearest) {
    light[at] += gain * min(1, max(0, radius + 0.5 - away));
    if (away > radius) continue;
    mask[at] = 1;
    const [x, y] = [at % width, Math.floor(at / width)];
    box[0] = min(box[0], x);
    box[1] = min(box[1], y);
    box[2] = max(box[2], x + 1);
    box[3] = max(box[3], y + 1);
  }
  return { box, mask };
}

/** Brightness to bytes, in the colour of the paint and with its grain. */
function develop(light: Float32Array, random: Random): Uint8Array {
  const colour = [0, 1, 2].map(() => random.between(50, 120));
  const pixels = new Uint8Array(light.length * 3);
  for (let at = 0; at < light.length; at++) {
    const grain = NOISE * (random.next() + random.next() - 1) * 2.4;
    for (let c = 0; c < 3; c++) {
      pixels[at * 3 + c] = min(255, max(0, round(colour[c] * light[at] + grain)));
    }
  }
  return pixels;
}

function distance(a: Point, b: Point): number {
  return hypot(a[0] - b[0], a[1] - b[1]);
}
