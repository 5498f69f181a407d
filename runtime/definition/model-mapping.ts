import { formatPath } from '../../contracts/program/document-path';
import { didYouMean } from '../../contracts/names/nearest-name';
import { type Problem } from '../../contracts/program/problem';

/**
 * Entries of `model.inputs` or `model.outputs` that speak of tensors that the model does not have.
 * @param leftOut what the model has under its names that is no tensor
 */
export function mappingProblems(
  kind: 'inputs' | 'outputs',
  mapping: Readonly<Record<string, string>>,
  known: readonly string[],
  leftOut: Readonly<Record<string, string>> = {},
): Problem[] {
  return Object.keys(mapping)
    .filter((name) => !known.includes(name))
    .map((name) => ({
      path: formatPath(['model', kind, name]),
      message: Object.hasOwn(leftOut, name)
        ? leftOutMessage(name, leftOut[name])
        : `the model has no ${kind.slice(0, -1)} "${name}"${didYouMean(name, known)}; it has: ${known.join(', ')}`,
    }));
}

/** Why a value of the model cannot be had. */
export function leftOutMessage(name: string, what: string): string {
  return `the model's "${name}" is ${what}, which cannot be served; export it as a tensor`;
}
