import { Random } from '../../contracts/values/random';
import { type TensorFormat } from '../formats/format';
import { allocateData } from '../tensor/dtype';
import { elementCount } from '../tensor/shape';
import { type Tensor } from '../tensor/tensor';
import { type ModelMetadata } from '../formats/model-metadata';
import { type NamedTensors } from '../tensor/tensor';
import { ownValue } from '../tensor/own-value';

const SEED = 0x9e3779b9;

export type Formats = Readonly<Record<string, TensorFormat>>;

/** How a set of made-up inputs looks. */
export interface FeedPlan {
  /** Size of axis 0 of every input; absent: as the formats say. */
  readonly rows?: number;
  /** Size of axis 0 where no format knows it. Default: as other axes. */
  readonly openRows?: number;
  /** Size of axes that no format knows. */
  readonly freeSize: number;
  /** Elements: all zeros, all ones, or small ones that differ from row to row. */
  readonly values: 'zeros' | 'ones' | 'random';
  /** Rows from this one on hold numbers a thousand times as large, of both signs. Default: none. */
  readonly loudFrom?: number;
}

/** How much larger the numbers of loud rows are; whole numbers are kept below the size of small tables. */
const LOUD = 1000;
const LOUD_WHOLE = 8;

/**
 * Inputs to try a model with.
 * @param known formats that the pipeline knows of the inputs; their sizes are taken where the model has a free axis.
 */
export function makeFeeds(metadata: ModelMetadata, known: Formats, plan: FeedPlan): NamedTensors {
  const numbers = new Random(SEED);
  const random = () => numbers.next();
  const feeds: Record<string, Tensor> = {};
  for (const [name, format] of Object.entries(metadata.inputs)) {
    const shape = concreteShape(format, ownValue(known, name), plan);
    feeds[name] = fill(format.dtype ?? 'float32', shape, plan.values, random);
    if (plan.loudFrom !== undefined) makeLoud(feeds[name], plan.loudFrom);
  }
  return feeds;
}

function concreteShape(format: TensorFormat, known: TensorFormat | undefined, plan: FeedPlan): number[] {
  const axes = format.shape ?? known?.shape ?? [plan.freeSize];
  return axes.map((axis, index) => {
    if (index === 0 && plan.rows !== undefined) return plan.rows;
    if (typeof axis === 'number') return axis;
    const size = known?.shape?.length === axes.length ? known.shape[index] : undefined;
    if (typeof size === 'number') return size;
    return index === 0 ? (plan.openRows ?? plan.freeSize) : plan.freeSize;
  });
}

/** Elements after which those of a large tensor come again. A prime: rows of any usual length differ from each other. */
const DIFFERENT_ELEMENTS = 65_521;

function fill(
  dtype: Tensor['dtype'],
  shape: readonly number[],
  values: FeedPlan['values'],
  random: () => number,
): Tensor {
  const length = elementCount(shape);
  const next = { zeros: () => 0, ones: () => 1, random }[values];
  if (dtype === 'string') {
    return { dtype, shape, data: Array.from({ length }, () => Buffer.from(String(bit(next())))) };
  }
  const data = allocateData(dtype, length);
  const different = Math.min(length, DIFFERENT_ELEMENTS);
  for (let index = 0; index < different; index++) {
    const value = next();
    // Whole numbers are often indices: 0 and 1 are in most tables.
    if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[index] = BigInt(bit(value));
    else if (data instanceof Float32Array || data instanceof Float64Array) data[index] = value;
    else data[index] = dtype === 'float16' ? toHalf(value) : bit(value);
  }
  for (let filled = different; filled < length; filled *= 2) data.copyWithin(filled, 0, length - filled);
  return { dtype, shape, data };
}

/** Makes the numbers of the rows from `first` on large. */
function makeLoud({ dtype, shape, data }: Tensor, first: number): void {
  if (Array.isArray(data) || dtype === 'bool' || dtype === 'float16' || shape.length === 0) return;
  const loud = data.subarray((data.length / shape[0]) * first);
  for (let index = 0; index < loud.length; index++) {
    const value = loud[index];
    if (typeof value === 'bigint') loud[index] = BigInt(index % LOUD_WHOLE) + value;
    else if (dtype === 'float32' || dtype === 'float64')
      loud[index] = (index % 2 === 0 ? LOUD : -LOUD) * value;
    else loud[index] = (index % LOUD_WHOLE) + value;
  }
}

function bit(value: number): number {
  return value < 0.5 ? 0 : 1;
}

/** Bits of the half that is nearest below a value in [0, 1]. */
function toHalf(value: number): number {
  if (value < 2 ** -14) return 0;
  const exponent = Math.floor(Math.log2(value));
  return ((exponent + 15) << 10) | Math.floor((value / 2 ** exponent - 1) * 1024);
}
