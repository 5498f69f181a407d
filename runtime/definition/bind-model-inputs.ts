import { formatPath } from '../../contracts/program/document-path';
import { didYouMean } from '../../contracts/names/nearest-name';
import { type ModelDocument } from './pipeline-document';
import { type Problem } from '../../contracts/program/problem';
import { type ModelMetadata } from '../formats/model-metadata';
import { type ModelBinding } from './plan';
import { compareFormats } from '../formats/compare-formats';
import { originOf, type FlowState } from './flow-state';
import { describeFormat, type FlowFormat, type TensorFormat } from '../formats/format';
import { expectationProblems } from './model-expectations';
import { mappingProblems } from './model-mapping';
import { compareListFormat, listProblems, listModeOf } from './list-mode';
import { SymbolBindings } from '../formats/symbol-bindings';
import { ownValue } from '../tensor/own-value';

export interface BoundInputs {
  readonly bindings: readonly ModelBinding[];
  /** What the symbols of the model's inputs stand for in the pipeline. */
  readonly symbols: SymbolBindings;
}

/**
 * Names of the model's inputs: what it says itself, or what the document says of them. Optional ones are among them where a
 * value has their name or is mapped to them.
 */
function inputNames(
  model: ModelDocument,
  metadata: ModelMetadata | undefined,
  flow: FlowFormat,
): readonly string[] {
  if (metadata) {
    const { inputs, optionalInputs = {} } = metadata;
    const mapped = model.inputs ?? {};
    const bound = Object.keys(optionalInputs).filter((name) => Object.hasOwn(mapped, name) || flow.has(name));
    return [...Object.keys(inputs), ...bound];
  }
  return [...new Set([...Object.keys(model.inputs ?? {}), ...Object.keys(model.format ?? {})])];
}

/** The value for each input: by the document's mapping, by equal name, or as the only one that is left of each. */
function pairInputs(
  names: readonly string[],
  mapping: Readonly<Record<string, string>>,
  flow: FlowFormat,
): Map<string, string | undefined> {
  const pairs = new Map(
    names.map((name) => [name, ownValue(mapping, name) ?? (flow.has(name) ? name : undefined)] as const),
  );
  const open = names.filter((name) => pairs.get(name) === undefined);
  const taken = new Set(pairs.values());
  const free = [...flow.keys()].filter((value) => !taken.has(value));
  if (open.length === 1 && free.length === 1) pairs.set(open[0], free[0]);
  return pairs;
}

function unboundProblem(
  input: string,
  value: string | undefined,
  format: TensorFormat | undefined,
  flow: FlowFormat,
): Problem {
  const values = [...flow.keys()];
  if (value !== undefined) {
    return {
      path: formatPath(['model', 'inputs', input]),
      message: `there is no value "${value}"${didYouMean(value, values)}; there are: ${values.join(', ')}`,
    };
  }
  const wanted = format ? ` (${describeFormat(format)})` : '';
  return {
    path: 'model',
    message: `no value is bound to the model's input "${input}"${wanted}; there are: ${values.join(', ')}. Bind one under model.inputs`,
  };
}

function bindingProblem(
  binding: ModelBinding,
  state: FlowState,
  symbols: SymbolBindings,
): Problem | undefined {
  const { model, value, format, modelFormat } = binding;
  if (!modelFormat) return undefined;
  const reasons =
    format.kind === 'list'
      ? compareListFormat(modelFormat, format, binding.list, symbols)
      : compareFormats(modelFormat, format, symbols);
  if (reasons.length === 0) return undefined;
  return {
    path: 'model',
    message: `the model's input "${model}" (${describeFormat(modelFormat)}) cannot take "${value}" (${describeFormat(format)}, ${originOf(value, state)}): ${reasons.join('; ')}`,
  };
}

/** Binds the values before the model to its inputs, and checks that they can go in. */
export function bindModelInputs(
  model: ModelDocument,
  state: FlowState,
  metadata: ModelMetadata | undefined,
  problems: Problem[],
): BoundInputs {
  const symbols = new SymbolBindings();
  const mapping = model.inputs ?? {};
  const optional = metadata?.optionalInputs ?? {};
  if (metadata) {
    const known = [...Object.keys(metadata.inputs), ...Object.keys(optional)];
    problems.push(...mappingProblems('inputs', mapping, known, metadata.leftOut));
  }
  const { flow } = state;
  if (!flow) return { bindings: [], symbols };
  const bindings: ModelBinding[] = [];
  let complete = true;
  for (const [input, value] of pairInputs(inputNames(model, metadata, flow), mapping, flow)) {
    const format = value === undefined ? undefined : flow.get(value);
    const modelFormat = metadata && ownValue({ ...optional, ...metadata.inputs }, input);
    if (value === undefined || !format) {
      complete = false;
      problems.push(unboundProblem(input, value, modelFormat, flow));
      continue;
    }
    const list = format.kind === 'list' ? listModeOf(model, format, modelFormat) : undefined;
    const binding = {
      model: input,
      value,
      format,
      ...(modelFormat && { modelFormat }),
      ...(list && { list }),
    };
    bindings.push(binding);
    const problem = bindingProblem(binding, state, symbols);
    if (problem) problems.push(problem);
  }
  if (complete) {
    problems.push(...listProblems(model, bindings));
    problems.push(...expectationProblems(model, bindings, state));
  }
  return { bindings, symbols };
}
