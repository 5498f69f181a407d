import { formatShape } from '../tensor/shape';
import { isNumberDType } from '../tensor/number-dtype';
import { ATTRIBUTE_NAMES, type Axis, type TensorFormat } from './format';
import { type SymbolBindings } from './symbol-bindings';

/** A requirement on a format; absent fields allow any value. */
export type ExpectedFormat = Partial<Omit<TensorFormat, 'kind'>>;

function compareDType(expected: ExpectedFormat, got: TensorFormat): string[] {
  if (expected.dtype === undefined || expected.dtype === got.dtype) return [];
  if (got.dtype === undefined) {
    return isNumberDType(expected.dtype) ? [] : [`expected dtype ${expected.dtype}, got numbers`];
  }
  const cast = isNumberDType(expected.dtype) && isNumberDType(got.dtype);
  return [`expected dtype ${expected.dtype}, got ${got.dtype}${cast ? ' (a cast step converts)' : ''}`];
}

function compareAxis(expected: Axis, got: Axis, position: number, symbols: SymbolBindings): string[] {
  if (typeof expected === 'number') {
    return typeof got === 'number' && got !== expected
      ? [`expected ${expected} along axis ${position}, got ${got}`]
      : [];
  }
  if (expected === '') return [];
  const elsewhere = symbols.bind(expected, got);
  return elsewhere === undefined
    ? []
    : [`axis ${position} ("${expected}") is ${got} here, but ${elsewhere} elsewhere`];
}

function compareShape(expected: ExpectedFormat, got: TensorFormat, symbols: SymbolBindings): string[] {
  if (!expected.shape || !got.shape) return [];
  if (expected.shape.length !== got.shape.length) {
    return [
      `expected ${expected.shape.length} axes ${formatShape(expected.shape)}, got ${got.shape.length} ${formatShape(got.shape)}`,
    ];
  }
  return expected.shape.flatMap((axis, i) => compareAxis(axis, got.shape![i], i, symbols));
}

function compareAttributes(expected: ExpectedFormat, got: TensorFormat): string[] {
  return ATTRIBUTE_NAMES.flatMap((name) => {
    const wanted = expected[name];
    // An absent boolean is false: data is not normalized unless a step says so.
    const actual = typeof wanted === 'boolean' ? (got[name] ?? false) : got[name];
    if (wanted === undefined || wanted === actual) return [];
    return [`expected ${name}=${String(wanted)}, got ${actual === undefined ? 'none' : String(actual)}`];
  });
}

/**
 * One phrase per difference between `got` and what is expected; none if they are compatible. Unknown sizes are compatible,
 * and checked when data arrives. Binds the symbols of the expected shape to the sizes of `got`.
 */
export function compareFormats(
  expected: ExpectedFormat,
  got: TensorFormat,
  symbols: SymbolBindings,
): string[] {
  return [
    ...compareDType(expected, got),
    ...compareShape(expected, got, symbols),
    ...compareAttributes(expected, got),
  ];
}
