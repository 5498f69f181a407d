import { InferenceError } from '../errors';
import { formatShape } from '../tensor/shape';
import { isTensor, type Flow, type Value } from '../tensor/tensor';
import { fitsShape, type SymbolSizes } from './conform';
import { describeFormat, type FlowFormat, type ValueFormat } from './format';

/**
 * The values that make the answer, as the document declares them. The format check has compared what is known at load;
 * sizes that only the data has are compared here.
 * @throws InferenceError OUTPUT_MISMATCH when a value is not what the document promised.
 */
export function selectOutput(flow: Flow, output: FlowFormat): Flow {
  if (output.size === flow.size && onlyKnownNames(flow, output)) {
    checkAll(flow, output);
    return flow;
  }
  const selected = new Map<string, Value>();
  for (const name of output.keys()) {
    const value = flow.get(name) ?? (output.size === 1 && flow.size === 1 ? firstOf(flow) : undefined);
    if (value === undefined) {
      throw new InferenceError(
        'OUTPUT_MISMATCH',
        `output '${name}' is not among ${[...flow.keys()].join(', ')}`,
      );
    }
    selected.set(name, value);
  }
  checkAll(selected, output);
  return selected;
}

function onlyKnownNames(flow: Flow, output: FlowFormat): boolean {
  for (const name of output.keys()) if (!flow.has(name)) return false;
  return true;
}

function firstOf(flow: Flow): Value | undefined {
  return flow.values().next().value;
}

function checkAll(flow: Flow, output: FlowFormat): void {
  const sizes: SymbolSizes = new Map();
  for (const [name, format] of output) check(name, flow.get(name) as Value, format, sizes);
}

function check(name: string, value: Value, format: ValueFormat, sizes: SymbolSizes): void {
  if (format.kind === 'list') return;
  if (!isTensor(value)) {
    throw new InferenceError(
      'OUTPUT_MISMATCH',
      `output '${name}' is a list of ${value.length}, not one tensor`,
    );
  }
  const dtypeFits = format.dtype === undefined || format.dtype === value.dtype;
  if (!dtypeFits || !fitsShape(value.shape, format.shape, sizes)) {
    throw new InferenceError(
      'OUTPUT_MISMATCH',
      `output '${name}' is ${value.dtype} ${formatShape(value.shape)}, declared is ${describeFormat(format)}`,
    );
  }
}
