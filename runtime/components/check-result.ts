import { DTYPES } from '../../contracts/values/dtype';
import { InferenceError } from '../errors';
import { describeFormat, type Axis, type FlowFormat, type TensorFormat } from '../formats/format';
import { arrayConstructor, slotsPerElement, type DType } from '../tensor/dtype';
import { elementCount, formatShape } from '../tensor/shape';
import { isTensor, type Flow, type Tensor, type Value } from '../tensor/tensor';
import { show } from './check-format';

/**
 * What a component's data step returned, as tensors that hold nothing else. Runs in the component's thread, before the
 * values leave it.
 * @throws Error that names the value, what came and what is expected
 */
export function checkFlow(returned: unknown): Flow {
  if (!(returned instanceof Map)) {
    throw new Error(`apply must return a Map of values, got ${show(returned)}`);
  }
  const flow = new Map<string, Value>();
  for (const [name, value] of returned as Map<unknown, unknown>) {
    if (typeof name !== 'string')
      throw new Error(`apply must return a Map by names, got the key ${show(name)}`);
    flow.set(
      name,
      Array.isArray(value) ? Array.from(value, (item) => checkTensor(name, item)) : checkTensor(name, value),
    );
  }
  return flow;
}

function checkTensor(name: string, value: unknown): Tensor {
  if (
    typeof value !== 'object' ||
    value === null ||
    !('dtype' in value && 'shape' in value && 'data' in value)
  ) {
    throw new Error(`apply must return a tensor { dtype, shape, data } for '${name}', got ${kindOf(value)}`);
  }
  const { dtype, shape, data } = value;
  if (!DTYPES.includes(dtype as DType)) {
    throw new Error(`'${name}' has dtype ${show(dtype)}, expected one of ${DTYPES.join(', ')}`);
  }
  if (!Array.isArray(shape) || !shape.every((size) => Number.isSafeInteger(size) && size >= 0)) {
    throw new Error(`'${name}' has shape ${show(shape)}, expected a list of whole numbers ≥ 0`);
  }
  checkContainer(name, dtype as DType, data);
  const length = elementCount(shape as number[]) * slotsPerElement(dtype as DType);
  if ((data as Tensor['data']).length !== length) {
    throw new Error(
      `'${name}' of shape ${formatShape(shape as number[])} must have ${length} values, got ${(data as Tensor['data']).length}`,
    );
  }
  return { dtype, shape, data } as Tensor;
}

function checkContainer(name: string, dtype: DType, data: unknown): void {
  if (dtype !== 'string') {
    const expected = arrayConstructor(dtype);
    if (data instanceof expected) return;
    throw new Error(`the data of '${name}', ${dtype}, must be a ${expected.name}, got ${kindOf(data)}`);
  }
  const expected = 'must be an Array of Uint8Array (Buffer.from(text) makes one)';
  if (!Array.isArray(data))
    throw new Error(`the data of '${name}', string, ${expected}, got ${kindOf(data)}`);
  const wrong = data.findIndex((element) => !(element instanceof Uint8Array));
  if (wrong >= 0) {
    throw new Error(
      `the data of '${name}', string, ${expected}, got ${kindOf(data[wrong])} at index ${wrong}`,
    );
  }
}

/** The class of an object, or the type of anything else, for messages. */
function kindOf(value: unknown): string {
  if (value === null || typeof value !== 'object') return value === null ? 'null' : typeof value;
  const { name } = (value as { constructor?: { name?: unknown } }).constructor ?? {};
  if (Array.isArray(value)) return 'an Array';
  return typeof name === 'string' && name !== 'Object' ? `a ${name}` : 'an object';
}

/** Sizes of the symbols of one request; NaN for a symbol that stood for two sizes before the step. */
type SymbolSizes = Map<string, number>;

/** What the format step of one step of a pipeline said: formats before and after. */
export interface PromisedFormats {
  readonly input: FlowFormat;
  readonly output: FlowFormat;
}

/**
 * Compares what a component returned with what its format step promised. A symbol is one size, before and after the step.
 * @param sent the values that the step was given
 * @throws InferenceError STEP_FAILED that names the value, what was promised and what came
 */
export function checkPromise(returned: Flow, { input, output }: PromisedFormats, sent: Flow): void {
  const sizes: SymbolSizes = new Map();
  for (const [name, format] of input) {
    const value = sent.get(name);
    if (format.kind === 'tensor' && value !== undefined && isTensor(value)) {
      noteSizes(value.shape, format.shape ?? [], sizes);
    }
  }
  for (const [name, format] of output) {
    const value = returned.get(name);
    if (value === undefined) {
      throw new InferenceError('STEP_FAILED', `its format step promised '${name}', apply left none`);
    }
    const fits =
      format.kind === 'list'
        ? !isTensor(value) &&
          fitsShape([value.length], [format.length], sizes) &&
          value.every((item) => fitsTensor(item, format.item, new Map()))
        : isTensor(value) && fitsTensor(value, format, sizes);
    if (fits) continue;
    throw new InferenceError(
      'STEP_FAILED',
      `its format step promised ${describeFormat(format)}${describeSizes(format.kind === 'list' ? [format.length] : format.shape, sizes)} for '${name}', apply returned ${describeValue(value)}`,
    );
  }
}

function noteSizes(shape: readonly number[], declared: readonly Axis[], sizes: SymbolSizes): void {
  declared.forEach((axis, index) => {
    if (typeof axis !== 'string') return;
    const known = sizes.get(axis);
    sizes.set(axis, known === undefined || known === shape[index] ? shape[index] : NaN);
  });
}

function fitsTensor({ dtype, shape }: Tensor, format: TensorFormat, sizes: SymbolSizes): boolean {
  return (format.dtype ?? dtype) === dtype && fitsShape(shape, format.shape, sizes);
}

function fitsShape(
  shape: readonly number[],
  declared: readonly Axis[] | undefined,
  sizes: SymbolSizes,
): boolean {
  if (declared === undefined) return true;
  if (shape.length !== declared.length) return false;
  return declared.every((axis, index) => {
    if (typeof axis === 'number') return axis === shape[index];
    const known = sizes.get(axis);
    if (known === undefined) sizes.set(axis, shape[index]);
    return known === undefined || Number.isNaN(known) || known === shape[index];
  });
}

function describeSizes(declared: readonly Axis[] = [], sizes: SymbolSizes): string {
  const known = declared.filter((axis) => typeof axis === 'string' && !Number.isNaN(sizes.get(axis) ?? NaN));
  return known.length === 0
    ? ''
    : ` where ${known.map((axis) => `${axis} = ${sizes.get(axis as string)}`).join(', ')}`;
}

function describeValue(value: Value): string {
  if (isTensor(value)) return `${value.dtype} ${formatShape(value.shape)}`;
  const kinds = [...new Set(value.map(({ dtype, shape }) => `${dtype} ${formatShape(shape)}`))];
  return `a list of ${value.length}${kinds.length === 0 ? '' : `: ${kinds.slice(0, 4).join(', ')}`}`;
}
