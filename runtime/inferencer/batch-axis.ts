import { decodeHalf } from '../tensor/half';
import { type Axis } from '../formats/format';
import { type Tensor } from '../tensor/tensor';
import { sliceRows } from './batch';
import { type ModelMetadata } from '../formats/model-metadata';
import { type NamedTensors } from '../tensor/tensor';

/** Answers of a batch may differ from answers of single rows by rounding, as sums are taken in another order: by this part of the largest value. */
const RELATIVE_TOLERANCE = 1e-3;
/** The same for halves, whose last bit is worth as much. */
const HALF_TOLERANCE = 16e-3;

/**
 * Why a model's axis 0 is no batch by what the model says of itself; undefined when it may be one: every input and output
 * has an axis 0 of a size that is not fixed, and all of them call it the same or give it no name.
 */
export function whyNoBatchAxis({ inputs, outputs }: ModelMetadata): string | undefined {
  const values = [
    ...Object.entries(inputs).map(([name, { shape }]) => ({ what: `input '${name}'`, name, shape })),
    ...Object.entries(outputs).map(([name, { shape }]) => ({ what: `output '${name}'`, name, shape })),
  ];
  let symbol: string | undefined;
  for (const { what, name, shape } of values) {
    if (shape === undefined) return `${what} has an unknown number of axes`;
    const axis: Axis | undefined = shape[0];
    if (axis === undefined) return `${what} is a scalar`;
    if (typeof axis === 'number') return `axis 0 of ${what} is always ${axis}`;
    const called = axis === `${name}.0` ? 'without a name' : `'${axis}'`;
    symbol ??= called;
    if (called !== symbol) return `axis 0 of ${what} is ${called}, that of ${values[0].what} is ${symbol}`;
  }
  return values.length === 0 ? 'it has no inputs and outputs' : undefined;
}

/** Why rows cannot share a run whatever a document says; undefined when nothing speaks against it. */
export function whyNoRows({ inputs, outputs }: ModelMetadata): string | undefined {
  for (const [side, formats] of [
    ['input', inputs],
    ['output', outputs],
  ] as const) {
    for (const [name, { shape }] of Object.entries(formats)) {
      if (shape?.length === 0) return `${side} '${name}' is a scalar`;
      if (typeof shape?.[0] === 'number') return `axis 0 of ${side} '${name}' is always ${shape[0]}`;
    }
  }
  return undefined;
}

/**
 * Why the answers to a batch are not the answers to its rows; undefined when they are.
 * @param single the answer to each row on its own
 * @param ordinary the first rows, whose inputs are of one size; values of the others may be larger than any of theirs
 */
export function whyRowsDiffer(
  batch: NamedTensors,
  single: readonly NamedTensors[],
  ordinary = single.length,
): string | undefined {
  const names = Object.keys(batch);
  for (const name of names) {
    const rows = batch[name].shape[0];
    if (rows !== single.length) return `output '${name}' has ${rows} rows for a batch of ${single.length}`;
    for (const answer of single) {
      if (answer[name].shape[0] !== 1)
        return `output '${name}' has ${answer[name].shape[0]} rows for one row`;
    }
  }
  for (const name of names) {
    const usual = Math.max(0, ...single.slice(0, ordinary).map((answer) => largest(answer[name])));
    for (const [row, answer] of single.entries()) {
      const scale = row < ordinary ? usual : largest(answer[name]);
      const slice = sliceRows([name], batch, row, 1)[name];
      const tolerance = slice.dtype === 'float16' ? HALF_TOLERANCE : RELATIVE_TOLERANCE;
      if (!isClose(slice, answer[name], scale * tolerance))
        return `row ${row} of output '${name}' depends on the other rows of its batch`;
    }
  }
  return undefined;
}

/** Largest finite number of a tensor of floats, without its sign; 0 for other tensors, which are compared exactly. */
function largest(tensor: Tensor): number {
  const values = floatsOf(tensor);
  let most = 0;
  for (const value of values ?? []) {
    const size = Math.abs(value);
    if (size > most && size !== Infinity) most = size;
  }
  return most;
}

function isClose(a: Tensor, b: Tensor, tolerance: number): boolean {
  if (a.data.length !== b.data.length) return false;
  if (Array.isArray(a.data)) {
    return a.data.every((bytes, index) => Buffer.compare(bytes, (b.data as Uint8Array[])[index]) === 0);
  }
  const x = floatsOf(a) ?? a.data;
  const y = floatsOf(b) ?? b.data;
  for (let index = 0; index < x.length; index++) {
    // NaN is the same answer as NaN, and an infinity the same as itself.
    if (Object.is(x[index], y[index]) || x[index] === y[index]) continue;
    if (!(Math.abs(Number(x[index]) - Number(y[index])) <= tolerance)) return false;
  }
  return true;
}

function floatsOf({ dtype, data }: Tensor): Float32Array | Float64Array | undefined {
  if (dtype === 'float32' || dtype === 'float64') return data as Float32Array;
  return dtype === 'float16' ? decodeHalf(dtype, data as Uint16Array) : undefined;
}
