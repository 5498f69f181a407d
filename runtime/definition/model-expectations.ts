import { formatPath } from '../../contracts/program/document-path';
import { didYouMean } from '../../contracts/names/nearest-name';
import { type ModelDocument } from './pipeline-document';
import { type Problem } from '../../contracts/program/problem';
import { type ModelBinding } from './plan';
import { compareFormats } from '../formats/compare-formats';
import { originOf, type FlowState } from './flow-state';
import { describeFormat } from '../formats/format';
import { SymbolBindings } from '../formats/symbol-bindings';

/** The binding that an entry of `model.format` speaks of: by the model's name, by the pipeline's, or the only one. */
function bindingNamed(
  name: string,
  bindings: readonly ModelBinding[],
  alone: boolean,
): ModelBinding | undefined {
  return (
    bindings.find(({ model }) => model === name) ??
    bindings.find(({ value }) => value === name) ??
    (alone && bindings.length === 1 ? bindings[0] : undefined)
  );
}

/** Where what arrives at the model is not what `model.format` says that it was made for. */
export function expectationProblems(
  model: ModelDocument,
  bindings: readonly ModelBinding[],
  state: FlowState,
): Problem[] {
  const expected = Object.entries(model.format ?? {});
  return expected.flatMap(([name, format]) => {
    const path = formatPath(['model', 'format', name]);
    const binding = bindingNamed(name, bindings, expected.length === 1);
    if (!binding) {
      const names = bindings.map((each) => each.model);
      return [
        {
          path,
          message: `the model has no input "${name}"${didYouMean(name, names)}; it has: ${names.join(', ')}`,
        },
      ];
    }
    const arriving = binding.format.kind === 'list' ? binding.format.item : binding.format;
    const reasons = compareFormats(format, arriving, new SymbolBindings());
    if (reasons.length === 0) return [];
    return [
      {
        path,
        message: `the model's input "${binding.model}" gets "${binding.value}" (${describeFormat(binding.format)}, ${originOf(binding.value, state)}): ${reasons.join('; ')}`,
      },
    ];
  });
}
