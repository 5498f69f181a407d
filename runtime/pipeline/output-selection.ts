import { InferenceError } from '../errors';
import { formatShape } from '../tensor/shape';
import { isTensor, type Flow, type Value } from '../tensor/tensor';
import { fitsShape, symbolSizesOf, type SymbolSizes } from './conform';
import { type Plan } from '../definition/plan';
import { describeFormat, type ValueFormat } from '../formats/format';

/** Picks the answer out of the values that the last node leaves, as the document declares it. Made once a pipeline. */
export class OutputSelection {
  private readonly bindings: readonly { name: string; value: string; format: ValueFormat | undefined }[];
  private readonly renames: boolean;
  private readonly sizes: () => SymbolSizes;

  constructor({ output, promised, outputValues }: Pick<Plan, 'output' | 'promised' | 'outputValues'>) {
    this.bindings = [...output.keys()].map((name) => ({
      name,
      value: outputValues.get(name) ?? name,
      format: promised.get(name),
    }));
    this.renames = this.bindings.some(({ name, value }) => name !== value);
    this.sizes = symbolSizesOf(promised);
  }

  /**
   * Compares sizes that only the data has with what the document declares; the rest has been compared at load.
   * @throws InferenceError OUTPUT_MISMATCH when a value is not what the document promised.
   */
  select(flow: Flow): Flow {
    const sizes = this.sizes();
    for (const { name, value, format } of this.bindings) {
      const found = flow.get(value);
      if (found === undefined) {
        const names = [...flow.keys()].join(', ');
        throw new InferenceError('OUTPUT_MISMATCH', `output '${name}' is not among ${names}`);
      }
      if (format !== undefined) check(name, found, format, sizes);
    }
    if (!this.renames && flow.size === this.bindings.length) return flow;
    return new Map(this.bindings.map(({ name, value }) => [name, flow.get(value) as Value]));
  }
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
