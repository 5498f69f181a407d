import { formatShape, resolveAxis } from '../tensor/shape';
import { FormatError, type Axis } from './format';

/**
 * Arithmetic over axes that may be unknown. Numbers give a number, so a data step computes its shape with the code of its
 * format step. A size that depends on an unknown one becomes a symbol that spells the computation out, so that equal
 * computations have equal symbols.
 */

/** `axis` counted from the front. @throws FormatError when the shape has no such axis. */
export function requireAxis(shape: readonly Axis[], axis: number): number {
  const rank = shape.length;
  const resolved = resolveAxis(axis, rank);
  if (resolved !== undefined) return resolved;
  const allowed = rank === 0 ? 'a scalar has no axes' : `its axes are 0 to ${rank - 1}, or -1 from the back`;
  throw new FormatError(`has no axis ${axis}: the shape is ${formatShape(shape)}, ${allowed}`);
}

/** The index of a new axis in the resulting shape, counted from the front. @throws FormatError */
export function requireNewAxis(shape: readonly Axis[], axis: number): number {
  const rank = shape.length + 1;
  const resolved = resolveAxis(axis, rank);
  if (resolved !== undefined) return resolved;
  throw new FormatError(
    `cannot put an axis at ${axis}: the shape is ${formatShape(shape)}, a new axis goes to 0 to ${rank - 1}, or -1 from the back`,
  );
}

export function sumAxes(axes: readonly Axis[]): Axis {
  let total = 0;
  const symbols: string[] = [];
  for (const axis of axes) {
    if (typeof axis === 'number') total += axis;
    else symbols.push(axis);
  }
  if (symbols.length === 0) return total;
  if (total !== 0) symbols.push(String(total));
  return symbols.join('+');
}

/** The number of elements: the product of the known sizes, and the symbols to multiply it with. */
export function productOf(shape: readonly Axis[]): { known: number; symbols: string[] } {
  let known = 1;
  const symbols: string[] = [];
  for (const axis of shape) {
    if (typeof axis === 'number') known *= axis;
    else symbols.push(axis);
  }
  return { known, symbols };
}

/** Whether two sizes may be equal: an unknown one may be any. */
export function mayEqual(a: Axis, b: Axis): boolean {
  return typeof a !== 'number' || typeof b !== 'number' || a === b;
}

/** Whether two shapes may be equal. */
export function shapesMayEqual(a: readonly Axis[], b: readonly Axis[]): boolean {
  return a.length === b.length && a.every((axis, i) => mayEqual(axis, b[i]));
}

/** The more specific of two sizes of one axis: a number rather than a symbol. */
export function knownOf(a: Axis, b: Axis): Axis {
  return typeof a === 'number' ? a : typeof b === 'number' ? b : a;
}
