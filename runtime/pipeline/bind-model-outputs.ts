import { formatPath } from '../config/document-path';
import { type ModelDocument } from '../config/pipeline-document';
import { type Problem } from '../errors';
import { type ModelMetadata } from '../inferencer/inferencer';
import { type BoundInputs } from './bind-model-inputs';
import { type ModelBinding } from './checked-pipeline';
import { type FlowFormat, type ValueFormat } from './format';
import { mappingProblems } from './model-mapping';

function symbolsOf(flow: FlowFormat | undefined): Set<string> {
  const shapes = [...(flow?.values() ?? [])].map((format: ValueFormat) =>
    format.kind === 'list' ? [...(format.item.shape ?? []), format.length] : (format.shape ?? []),
  );
  return new Set(shapes.flat().filter((axis) => typeof axis === 'string'));
}

/** The model's outputs as values of the pipeline, its symbols replaced by what they stand for. */
export function bindModelOutputs(
  model: ModelDocument,
  metadata: ModelMetadata,
  inputs: BoundInputs,
  before: FlowFormat | undefined,
  problems: Problem[],
): ModelBinding[] {
  const mapping = model.outputs ?? {};
  problems.push(...mappingProblems('outputs', mapping, Object.keys(metadata.outputs)));
  const taken = symbolsOf(before);
  const names = new Map<string, string>();
  return Object.entries(metadata.outputs).map(([output, modelFormat]) => {
    const value = mapping[output] ?? output;
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
    return { model: output, value, format: { ...modelFormat, shape }, modelFormat };
  });
}
