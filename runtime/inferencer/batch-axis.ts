import { type Axis } from '../formats/format';
import { type Tensor } from '../tensor/tensor';
import { sliceRows } from './batch';
import { type ModelMetadata } from '../formats/model-metadata';
import { type NamedTensors } from '../tensor/tensor';

/** Answers of a batch may differ from answers of single rows by rounding: sums are taken in another order. */
const ABSOLUTE_TOLERANCE = 1e-4;
const RELATIVE_TOLERANCE = 1e-3;
/** The same for halves, in steps of their last bit. */
const HALF_TOLERANCE_BITS = 16;

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

/**
 * Why the answers to a batch are not the answers to its rows; undefined when they are.
 * @param single the answer to each row on its own.
 */
export function whyRowsDiffer(batch: NamedTensors, single: readonly NamedTensors[]): string | undefined {
  const names = Object.keys(batch);
  for (const name of names) {
    const rows = batch[name].shape[0];
    if (rows !== single.length) return `output '${name}' has ${rows} rows for a batch of ${single.length}`;
    for (const answer of single) {
      if (answer[name].shape[0] !== 1)
        return `output '${name}' has ${answer[name].shape[0]} rows for one row`;
    }
  }
  for (const [row, answer] of single.entries()) {
    const slice = sliceRows(names, batch, row, 1);
    const different = names.find((name) => !isClose(slice[name], answer[name]));
    if (different !== undefined)
      return `row ${row} of output '${different}' depends on the other rows of its batch`;
  }
  return undefined;
}

function isClose(a: Tensor, b: Tensor): boolean {
  if (a.data.length !== b.data.length) return false;
  if (Array.isArray(a.data)) {
    return a.data.every((bytes, index) => Buffer.compare(bytes, (b.data as Uint8Array[])[index]) === 0);
  }
  for (let index = 0; index < a.data.length; index++) {
    const x = Number(a.data[index]);
    const y = Number((b.data as Float32Array)[index]);
    // NaN is the same answer as NaN.
    if (Object.is(x, y) || isWithinTolerance(a.dtype, x, y)) continue;
    return false;
  }
  return true;
}

function isWithinTolerance(dtype: Tensor['dtype'], x: number, y: number): boolean {
  switch (dtype) {
    case 'float32':
    case 'float64':
      return Math.abs(x - y) <= ABSOLUTE_TOLERANCE + RELATIVE_TOLERANCE * Math.abs(y);
    case 'float16': {
      // Bit patterns; those of numbers near each other are, too, but for the sign of those near zero.
      const nearZero = (x & 0x7fff) <= HALF_TOLERANCE_BITS && (y & 0x7fff) <= HALF_TOLERANCE_BITS;
      return nearZero || Math.abs(x - y) <= HALF_TOLERANCE_BITS;
    }
    default:
      return x === y;
  }
}
