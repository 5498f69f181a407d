import { formatShape } from '../tensor/shape';
import { ATTRIBUTE_NAMES, FormatError, type Axis, type TensorFormat } from '../formats/format';
import { knownOf, shapesMayEqual } from '../formats/symbolic-axis';
import { type StepNames } from './transformation';

/** The facts that all formats share. @throws FormatError when two known dtypes differ. */
export function commonFormat(formats: readonly TensorFormat[]): TensorFormat {
  const [first] = formats;
  const known = new Set(formats.flatMap(({ dtype }) => dtype ?? []));
  if (known.size > 1) {
    throw new FormatError(`joins values of one dtype, got ${[...known].join(' and ')}; cast them first`);
  }
  const agreed = ATTRIBUTE_NAMES.filter(
    (name) => first[name] !== undefined && formats.every((format) => format[name] === first[name]),
  );
  const dtype = formats.every((format) => format.dtype) ? first.dtype : undefined;
  return { kind: 'tensor', dtype, ...Object.fromEntries(agreed.map((name) => [name, first[name]])) };
}

/** The common shape, apart from axis `except`. @throws FormatError when the shapes cannot be equal. */
export function requireSameShapes(shapes: readonly (readonly Axis[])[], except?: number): Axis[] {
  const [first, ...others] = shapes.map((shape) =>
    except === undefined ? [...shape] : shape.with(except, 0),
  );
  return others.reduce((known, shape) => {
    if (!shapesMayEqual(known, shape)) {
      const beyond = except === undefined ? '' : ` but for axis ${except}`;
      throw new FormatError(
        `joins values of one shape${beyond}, got ${shapes.map((each) => formatShape(each)).join(' and ')}`,
      );
    }
    return known.map((axis, i) => knownOf(axis, shape[i]));
  }, first);
}

/** The flow with `joined` in place of the step's value, and without the others. */
export function joinedFlow<V>(
  flow: ReadonlyMap<string, V>,
  { on, as }: StepNames,
  others: readonly string[],
  joined: V,
): Map<string, V> {
  if (others.includes(on)) throw new FormatError(`cannot join "${on}" with itself`);
  const next = new Map(flow);
  for (const other of others) next.delete(other);
  return next.set(as, joined);
}
