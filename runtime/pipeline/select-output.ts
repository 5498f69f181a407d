import { InferenceError } from '../errors';
import { formatShape } from '../tensor/shape';
import { isTensor, type Flow, type Value } from '../tensor/tensor';
import { fitsShape, type SymbolSizes } from './conform';
import { type CheckedPipeline } from './checked-pipeline';
import { describeFormat, type ValueFormat } from './format';

/**
 * The values that make the answer, as the document declares them. The format check has compared what is known at load;
 * sizes that only the data has are compared here.
 * @throws InferenceError OUTPUT_MISMATCH when a value is not what the document promised.
 */
export function selectOutput(
  flow: Flow,
  { output, outputValues }: Pick<CheckedPipeline, 'output' | 'outputValues'>,
): Flow {
  const selected = new Map<string, Value>();
  const sizes: SymbolSizes = new Map();
  for (const [name, format] of output) {
    const value = flow.get(outputValues.get(name) ?? name);
    if (value === undefined) {
      throw new InferenceError(
        'OUTPUT_MISMATCH',
        `output '${name}' is not among ${[...flow.keys()].join(', ')}`,
      );
    }
    check(name, value, format, sizes);
    selected.set(name, value);
  }
  return selected;
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
