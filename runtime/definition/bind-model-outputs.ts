import { formatPath } from '../../contracts/program/document-path';
import { didYouMean } from '../../contracts/names/nearest-name';
import { type ModelDocument } from './pipeline-document';
import { type Problem } from '../../contracts/program/problem';
import { type ModelMetadata } from '../formats/model-metadata';
import { type BoundInputs } from './bind-model-inputs';
import { type ModelBinding } from './plan';
import {
  describeFormat,
  type FlowFormat,
  type ListFormat,
  type TensorFormat,
  type ValueFormat,
} from '../formats/format';
import { mappingProblems } from './model-mapping';
import { ownValue } from '../tensor/own-value';

function symbolsOf(flow: FlowFormat | undefined): Set<string> {
  const shapes = [...(flow?.values() ?? [])].map((format: ValueFormat) =>
    format.kind === 'list' ? [...(format.item.shape ?? []), format.length] : (format.shape ?? []),
  );
  return new Set(shapes.flat().filter((axis) => typeof axis === 'string'));
}

/** The outputs that become values: all but the one that tells which item of a batch a detection is of. */
function answeredOutputs(
  { imageIndex }: ModelDocument,
  { outputs }: ModelMetadata,
  batch: ListFormat | undefined,
  problems: Problem[],
): [string, TensorFormat][] {
  const all = Object.entries(outputs);
  if (imageIndex === undefined || batch === undefined) return all;
  const path = 'model.imageIndex';
  const index = outputs[imageIndex] as TensorFormat | undefined;
  if (index === undefined) {
    const names = Object.keys(outputs);
    const message = `the model has no output "${imageIndex}"${didYouMean(imageIndex, names)}; it has: ${names.join(', ')}`;
    problems.push({ path, message });
    return all;
  }
  if (index.shape?.length !== undefined && index.shape.length !== 1) {
    problems.push({ path, message: `needs one number for each detection, got ${describeFormat(index)}` });
  }
  const others = all.filter(([name]) => name !== imageIndex);
  for (const [name, { shape }] of others) {
    if (shape?.length !== 0) continue;
    problems.push({ path, message: `cannot tell whose "${name}" is: it has no axis of detections` });
  }
  return others;
}

/** The model's outputs as values of the pipeline, its symbols replaced by what they stand for; lists for a list. */
export function bindModelOutputs(
  model: ModelDocument,
  metadata: ModelMetadata,
  inputs: BoundInputs,
  before: FlowFormat | undefined,
  problems: Problem[],
): ModelBinding[] {
  const mapping = model.outputs ?? {};
  problems.push(...mappingProblems('outputs', mapping, Object.keys(metadata.outputs), metadata.leftOut));
  const lists = inputs.bindings.flatMap(({ format, list }) =>
    list ? [{ format: format as ListFormat, list }] : [],
  );
  const batch = lists.find(({ list }) => list === 'batch')?.format;
  const taken = symbolsOf(before);
  const names = new Map<string, string>();
  return answeredOutputs(model, metadata, batch, problems).map(([output, modelFormat]) => {
    const value = ownValue(mapping, output) ?? output;
    const other = names.get(value);
    if (other !== undefined) {
      const path = formatPath(['model', 'outputs', output]);
      problems.push({ path, message: `"${value}" is the name of the model's output "${other}" already` });
    }
    names.set(value, output);
    const shape = modelFormat.shape?.map(
      // A size that only the model knows must not be mistaken for one of the pipeline's that has the same name.
      (axis) => inputs.symbols.resolve(axis) ?? (taken.has(String(axis)) ? `model.${axis}` : axis),
    );
    const format: TensorFormat = { ...modelFormat, shape };
    if (lists.length === 0) return { model: output, value, format, modelFormat };
    const [{ list, format: first }] = lists;
    return {
      model: output,
      value,
      format: { kind: 'list', item: format, length: first.length },
      modelFormat,
      list,
    };
  });
}
