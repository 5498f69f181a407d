import { type TypedArray } from '../../tensor/dtype';
import { type Tensor } from '../../tensor/tensor';
import { pairTables, toPixels, toPlanes, type PixelTables } from './pixel-passes';
import { plainStep, type ItemStep, type ResultMemory } from './item-step';
import { type PlacedStep } from './model-steps';

/** How a run of steps reads the pixels of a picture [height, width, channels]. */
interface PixelOrder {
  /** The axes of the picture in the order of the result. */
  readonly axes: readonly number[];
  /** The channels of the picture in the order of the result; `undefined`: as they are. */
  readonly channels: readonly number[] | undefined;
}

const AS_IT_IS: PixelOrder = { axes: [0, 1, 2], channels: undefined };
const PLANES = '2,0,1';
const PIXELS = '0,1,2';

/** Steps that compute each element from one element, whatever its place. */
const ELEMENTWISE: ReadonlySet<string> = new Set([
  'image-to-float',
  'scale',
  'cast',
  'clip',
  'sigmoid',
  'annotate',
]);

function placeOf(axis: number): number {
  return axis < 0 ? axis + 3 : axis;
}

/** The order after one more step, or `undefined` when the step is none that can be done pixel by pixel. */
function advance(order: PixelOrder, { use, parameters }: PlacedStep): PixelOrder | undefined {
  const channelAxis = order.axes.indexOf(2);
  if (ELEMENTWISE.has(use)) return order;
  switch (use) {
    case 'transpose': {
      const { axes = [2, 1, 0] } = parameters as { axes?: readonly number[] };
      return axes.length === 3 ? { ...order, axes: axes.map((axis) => order.axes[axis]) } : undefined;
    }
    case 'colour-order': {
      const { order: picked, axis } = parameters as { order: readonly number[]; axis: number };
      if (placeOf(axis) !== channelAxis) return undefined;
      return { ...order, channels: picked.map((channel) => order.channels?.[channel] ?? channel) };
    }
    case 'normalize': {
      const { mean, std, axis } = parameters as Record<'mean' | 'std', unknown> & { axis: number };
      const isPlain = !Array.isArray(mean) && !Array.isArray(std);
      return isPlain || placeOf(axis) === channelAxis ? order : undefined;
    }
    default:
      return undefined;
  }
}

/**
 * Several steps over a picture of bytes in one pass over its pixels: where the pixels go is known from the steps, and what
 * they become is looked up in a table for each channel, which the steps themselves have filled. So the result is theirs, bit
 * for bit. Other pictures (not bytes, not three axes) go through the steps one by one.
 */
class FusedPixels implements ItemStep {
  readonly label: string;
  private readonly isPlanar: boolean;
  private readonly plain: readonly ItemStep[];
  private readonly tables = new Map<number, PixelTables | undefined>();

  constructor(
    steps: readonly PlacedStep[],
    private readonly order: PixelOrder,
  ) {
    this.plain = steps.map(plainStep);
    this.label = this.plain.map(({ label }) => label).join(' + ');
    this.isPlanar = order.axes.join() === PLANES;
  }

  apply(item: Tensor, memory?: ResultMemory): Tensor {
    const [height, width, channels] = item.shape;
    const isPicture = item.dtype === 'uint8' && item.shape.length === 3 && channels >= 1 && channels <= 4;
    const tables = isPicture ? this.tablesFor(channels) : undefined;
    if (tables === undefined) return this.applyPlain(item);
    const count = tables.channels.length;
    const sizes = [height, width, count];
    const length = height * width * count;
    const out =
      tables.dtype === 'float32' && memory
        ? memory.take(length)
        : new (tables.values[0].constructor as new (length: number) => TypedArray)(length);
    (this.isPlanar ? toPlanes : toPixels)(item.data as Uint8Array, channels, out as Float32Array, tables);
    return { dtype: tables.dtype, shape: this.order.axes.map((axis) => sizes[axis]), data: out };
  }

  private applyPlain(item: Tensor): Tensor {
    return this.plain.reduce((current, step) => step.apply(current), item);
  }

  private tablesFor(channels: number): PixelTables | undefined {
    if (!this.tables.has(channels)) this.tables.set(channels, this.fill(channels));
    return this.tables.get(channels);
  }

  /** Has the steps work on a picture of 256 pixels that hold each byte in each channel. */
  private fill(channels: number): PixelTables | undefined {
    const bytes = Uint8Array.from({ length: 256 * channels }, (_, i) => Math.floor(i / channels));
    let result: Tensor;
    try {
      result = this.applyPlain({ dtype: 'uint8', shape: [1, 256, channels], data: bytes });
    } catch {
      // A byte that the steps refuse, or channels that the picture lacks: pictures are told so one by one.
      return undefined;
    }
    const { dtype, shape } = result;
    const data = result.data as TypedArray;
    if (dtype === 'int64' || dtype === 'uint64' || dtype === 'string' || dtype === 'complex64')
      return undefined;
    const picked = this.order.channels ?? Array.from({ length: channels }, (_, channel) => channel);
    const channelAxis = this.order.axes.indexOf(2);
    const step = channelAxis === 0 ? 1 : picked.length;
    const between = channelAxis === 0 ? shape[1] * shape[2] : 1;
    const values = picked.map((_, channel) => {
      const table = new (data.constructor as new (length: number) => TypedArray)(256);
      for (let byte = 0; byte < 256; byte++) table[byte] = data[channel * between + byte * step];
      return table;
    });
    const isColour = channels === 3 && this.isPlanar && dtype === 'float32';
    const pairs = isColour ? pairTables(values as Float32Array[]) : undefined;
    return { dtype, channels: picked, values, ...(pairs && { pairs }) };
  }
}

/** Replaces neighbours that can be done in one pass over the pixels of a picture by one step. */
export function fusePixelSteps(steps: readonly PlacedStep[]): ItemStep[] {
  const fused: ItemStep[] = [];
  for (let first = 0; first < steps.length;) {
    const { end, order } = longestRun(steps, first);
    if (end - first >= 2) fused.push(new FusedPixels(steps.slice(first, end), order));
    else fused.push(plainStep(steps[first]));
    first = Math.max(end, first + 1);
  }
  return fused;
}

/** How far the steps from `first` on can be done in one pass, into planes or into pixels. */
function longestRun(steps: readonly PlacedStep[], first: number): { end: number; order: PixelOrder } {
  let best = { end: first, order: AS_IT_IS };
  let order: PixelOrder | undefined = AS_IT_IS;
  for (let at = first; at < steps.length; at++) {
    order = advance(order, steps[at]);
    if (order === undefined) break;
    if ([PLANES, PIXELS].includes(order.axes.join())) best = { end: at + 1, order };
  }
  return best;
}
