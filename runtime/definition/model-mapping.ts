import { formatPath } from '../../contracts/program/document-path';
import { didYouMean } from '../../contracts/names/nearest-name';
import { type Problem } from '../../contracts/program/problem';

/** Entries of `model.inputs` or `model.outputs` that speak of tensors that the model does not have. */
export function mappingProblems(
  kind: 'inputs' | 'outputs',
  mapping: Readonly<Record<string, string>>,
  known: readonly string[],
): Problem[] {
  return Object.keys(mapping)
    .filter((name) => !known.includes(name))
    .map((name) => ({
      path: formatPath(['model', kind, name]),
      message: `the model has no ${kind.slice(0, -1)} "${name}"${didYouMean(name, known)}; it has: ${known.join(', ')}`,
    }));
}
