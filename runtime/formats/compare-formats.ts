import { formatShape } from '../tensor/shape';
import { isNumberDType } from '../tensor/number-dtype';
import { ATTRIBUTE_NAMES, type Axis, type TensorFormat } from './format';
import { type SymbolBindings } from './symbol-bindings';

/** What is asked of a format; what is left out may be anything. */
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
    // A fact that nobody claims is not true: data is not normalized unless something says so.
    const actual = typeof wanted === 'boolean' ? (got[name] ?? false) : got[name];
    if (wanted === undefined || wanted === actual) return [];
    return [`expected ${name}=${String(wanted)}, got ${actual === undefined ? 'none' : String(actual)}`];
  });
}

/**
 * One phrase for each way in which `got` cannot be what is expected; none when it can. An unknown size may be any; it is
 * checked when data arrives. The symbols of the expected side are bound to what they meet.
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
