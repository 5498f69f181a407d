import { type InferNode, type ModelBinding } from '../definition/plan';
import { type TensorFormat } from '../formats/format';
import { type ModelMetadata } from '../formats/model-metadata';

/** Formats that a pipeline knows of a model's inputs, by the model's names. */
export function inputFormatsOf(bindings: readonly ModelBinding[]): Record<string, TensorFormat> {
  const formats: Record<string, TensorFormat> = {};
  for (const { model, format } of bindings) formats[model] = format.kind === 'list' ? format.item : format;
  return formats;
}

/** The optional inputs of the model that the node brings. */
export function requiredInputsOf({ inputs }: InferNode, { optionalInputs = {} }: ModelMetadata): string[] {
  return inputs.map(({ model }) => model).filter((name) => Object.hasOwn(optionalInputs, name));
}
