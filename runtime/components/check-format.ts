import { inspect } from 'node:util';
import { DTYPES } from '../../contracts/values/dtype';
import { type FlowFormat, type TensorFormat, type ValueFormat } from '../formats/format';
import { type DType } from '../tensor/dtype';

/**
 * What a component's format step returned, as formats that hold nothing else.
 * @throws Error that says what came and what is expected
 */
export function checkFlowFormat(returned: unknown, component: string): FlowFormat {
  const step = `the format step of ${component}`;
  if (!(returned instanceof Map)) {
    throw new Error(`${step} returned ${show(returned)}, expected a Map of formats${hintOn(returned)}`);
  }
  const flow = new Map<string, ValueFormat>();
  for (const [name, format] of returned as Map<unknown, unknown>) {
    if (typeof name !== 'string') {
      throw new Error(`${step} returned a Map with the key ${show(name)}, expected names of values`);
    }
    flow.set(name, checkFormat(format, step));
  }
  return flow;
}

function checkFormat(returned: unknown, step: string): ValueFormat {
  if (typeof returned !== 'object' || returned === null || Array.isArray(returned)) {
    throw new Error(
      `${step} returned ${show(returned)}, expected a format, e.g. { dtype: 'float32', shape: [9, 3] }${hintOn(returned)}`,
    );
  }
  const { kind, item, length } = returned as Record<string, unknown>;
  if (returned instanceof Promise) {
    throw new Error(`${step} returned ${show(returned)}, expected a format${hintOn(returned)}`);
  }
  if (kind === 'list')
    return {
      kind,
      item: checkTensor(item, `${step}, for the items of a list,`),
      length: checkAxis(length, 'length', step),
    };
  if (kind !== undefined && kind !== 'tensor') {
    throw new Error(`${step} returned kind ${show(kind)}, expected 'tensor' or 'list'`);
  }
  return checkTensor(returned, step);
}

function checkTensor(returned: unknown, step: string): TensorFormat {
  if (typeof returned !== 'object' || returned === null) {
    throw new Error(`${step} returned ${show(returned)}, expected a format of a tensor`);
  }
  const { dtype, shape, unit, layout, normalized, vectorLength } = returned as Record<string, unknown>;
  const format: Record<string, unknown> = { kind: 'tensor' };
  if (dtype !== undefined) {
    if (!DTYPES.includes(dtype as DType)) {
      throw new Error(`${step} returned dtype ${show(dtype)}, expected one of ${DTYPES.join(', ')}`);
    }
    format.dtype = dtype;
  }
  if (shape !== undefined) {
    if (!Array.isArray(shape)) {
      throw new Error(`${step} returned shape ${show(shape)}, expected a list of sizes`);
    }
    format.shape = shape.map((axis: unknown) => checkAxis(axis, `shape ${show(shape)}`, step));
  }
  for (const [name, value, type] of [
    ['unit', unit, 'string'],
    ['layout', layout, 'string'],
    ['normalized', normalized, 'boolean'],
    ['vectorLength', vectorLength, 'boolean'],
  ] as const) {
    if (value === undefined) continue;
    if (typeof value !== type) {
      throw new Error(`${step} returned ${name} ${show(value)}, expected a ${type}`);
    }
    format[name] = value;
  }
  return format as unknown as TensorFormat;
}

function checkAxis(axis: unknown, where: string, step: string): number | string {
  if (typeof axis === 'string' || (Number.isSafeInteger(axis) && (axis as number) >= 0))
    return axis as string;
  throw new Error(
    `${step} returned ${where}, where ${show(axis)} is no size: expected whole numbers ≥ 0, or names`,
  );
}

function hintOn(returned: unknown): string {
  return returned instanceof Promise ? '; a format step must not be async' : '';
}

/** A value from a component, for a message; getters and custom printing of it are not run. */
export function show(value: unknown): string {
  if (value instanceof Promise) return 'a promise';
  const text = inspect(value, {
    depth: 1,
    breakLength: Infinity,
    customInspect: false,
    maxArrayLength: 8,
    maxStringLength: 60,
  });
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`;
}
