import { isTensor, type Flow, type Tensor, type Value } from '../../tensor/tensor';
import { requireValue } from '../flow-values';
import { FormatError, type FlowFormat, type TensorFormat, type ValueFormat } from '../../formats/format';

/** The tensors of one picture, by name. */
export type Item = Readonly<Record<string, Tensor>>;
export type ItemFormat = Readonly<Record<string, TensorFormat>>;

/**
 * Applies `change` to the named values: tensors (one picture), or lists of equal length (one item per picture). The values
 * that it returns replace them.
 */
export function changeItems(flow: Flow, names: readonly string[], change: (item: Item) => Item): Flow {
  const values = names.map((name) => requireValue(flow, name));
  const [first] = values;
  if (isTensor(first)) {
    const item = Object.fromEntries(names.map((name, i) => [name, requireOne(name, values[i])]));
    return merged(flow, change(item));
  }
  const lists = values.map((value, i) => requireList(names[i], value, names[0], first.length));
  const items = Array.from({ length: first.length }, (_, place) =>
    change(Object.fromEntries(names.map((name, i) => [name, lists[i][place]]))),
  );
  if (items.length === 0) return flow;
  const changed = Object.keys(items[0]).map((name) => [name, items.map((item) => item[name])] as const);
  return merged(flow, Object.fromEntries(changed));
}

/** The format step of {@link changeItems}. */
export function changeItemFormats(
  flow: FlowFormat,
  names: readonly string[],
  change: (item: ItemFormat) => ItemFormat,
): FlowFormat {
  const formats = names.map((name) => requireValue(flow, name));
  const [first] = formats;
  const other = formats.findIndex(({ kind }) => kind !== first.kind);
  if (other >= 0) {
    throw new FormatError(
      `needs "${names[0]}" and "${names[other]}" both as lists or both as single tensors`,
    );
  }
  const item = Object.fromEntries(names.map((name, i) => [name, itemFormat(formats[i])]));
  const changed = change(item);
  const wrap = (format: TensorFormat): ValueFormat =>
    first.kind === 'list' ? { ...first, item: format } : format;
  return merged(
    flow,
    Object.fromEntries(Object.entries(changed).map(([name, format]) => [name, wrap(format)])),
  );
}

function merged<V>(flow: ReadonlyMap<string, V>, changed: Readonly<Record<string, V>>): Map<string, V> {
  return new Map([...flow, ...Object.entries(changed)]);
}

function itemFormat(format: ValueFormat): TensorFormat {
  return format.kind === 'list' ? format.item : format;
}

function requireOne(name: string, value: Value): Tensor {
  if (isTensor(value)) return value;
  throw new FormatError(`needs one tensor as "${name}", got a list of ${value.length}`);
}

function requireList(name: string, value: Value, first: string, length: number): readonly Tensor[] {
  if (isTensor(value))
    throw new FormatError(`needs a list as "${name}", as "${first}" is one; got one tensor`);
  if (value.length === length) return value;
  throw new FormatError(
    `needs lists of one length, got ${length} as "${first}" and ${value.length} as "${name}"`,
  );
}
