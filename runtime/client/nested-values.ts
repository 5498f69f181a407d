/** One element. Text becomes UTF-8 in string tensors. */
export type ElementValue = number | bigint | boolean | string | Uint8Array;

/** Arrays nested once per axis; an element alone is a scalar. */
export type NestedValues = ElementValue | ArrayLike<number | bigint> | readonly NestedValues[];

export interface FlatValues {
  readonly shape: readonly number[];
  readonly values: readonly ElementValue[];
}

/**
 * The elements of nested arrays in row-major order, and their shape.
 * @param isElement whether a value is an element, not a further level
 * @throws RangeError when the arrays of one level differ in length.
 */
export function flattenValues(
  nested: NestedValues,
  isElement: (value: NestedValues) => value is ElementValue,
): FlatValues {
  const shape: number[] = [];
  for (let level = nested; !isElement(level);) {
    shape.push(level.length);
    if (level.length === 0) break;
    level = level[0];
  }
  const values: ElementValue[] = [];
  collect(nested, 0);
  return { shape, values };

  function collect(value: NestedValues, axis: number): void {
    if (isElement(value)) {
      if (axis !== shape.length) throw ragged(axis, 'an element');
      values.push(value);
      return;
    }
    if (axis >= shape.length || value.length !== shape[axis]) throw ragged(axis, `${value.length} items`);
    for (let index = 0; index < value.length; index++) collect(value[index], axis + 1);
  }

  function ragged(axis: number, found: string): RangeError {
    const expected = axis < shape.length ? `${shape[axis]} items` : 'an element';
    return new RangeError(
      `nested arrays have ${found} on axis ${axis} where the first ones have ${expected}`,
    );
  }
}
