import { formatShape, resolveAxis } from '../tensor/shape';
import { FormatError, type Axis } from './format';

/**
 * Arithmetic over axes that may be unknown. Each function takes numbers to a number, so a data step computes its shape
 * with the same code as its format step. A size that depends on an unknown one becomes a symbol that spells out how, so
 * that equal computations have equal symbols.
 */

/** `axis` counted from the front. @throws FormatError when the shape has no such axis. */
export function requireAxis(shape: readonly Axis[], axis: number): number {
  const rank = shape.length;
  const resolved = resolveAxis(axis, rank);
  if (resolved !== undefined) return resolved;
  const allowed = rank === 0 ? 'a scalar has no axes' : `its axes are 0 to ${rank - 1}, or -1 from the back`;
  throw new FormatError(`has no axis ${axis}: the shape is ${formatShape(shape)}, ${allowed}`);
}

/** Where a new axis goes, counted from the front: an axis of the shape that results. @throws FormatError */
export function requireNewAxis(shape: readonly Axis[], axis: number): number {
  const rank = shape.length + 1;
  const resolved = resolveAxis(axis, rank);
  if (resolved !== undefined) return resolved;
  throw new FormatError(
    `cannot put an axis at ${axis}: the shape is ${formatShape(shape)}, a new axis goes to 0 to ${rank - 1}, or -1 from the back`,
  );
}

/** The sum of axes. */
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

/** The number of elements, as the product of the known axes and the unknown ones. */
export function productOf(shape: readonly Axis[]): { known: number; symbols: string[] } {
  let known = 1;
  const symbols: string[] = [];
  for (const axis of shape) {
    if (typeof axis === 'number') known *= axis;
    else symbols.push(axis);
  }
  return { known, symbols };
}

/** Whether two axes may be of one size: an unknown one may be any. */
export function mayEqual(a: Axis, b: Axis): boolean {
  return typeof a !== 'number' || typeof b !== 'number' || a === b;
}

/** Whether two shapes may be equal. */
export function shapesMayEqual(a: readonly Axis[], b: readonly Axis[]): boolean {
  return a.length === b.length && a.every((axis, i) => mayEqual(axis, b[i]));
}

/** What is known of an axis that is `a` as well as `b`: the number, if one of them is one. */
export function knownOf(a: Axis, b: Axis): Axis {
  return typeof a === 'number' ? a : typeof b === 'number' ? b : a;
}
