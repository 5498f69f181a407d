import { type PipelineDocument } from '../../../runtime/definition/pipeline-document';
import { parseDocument } from '../../../runtime/definition/read-document';
import { type ModelMetadata } from '../../../runtime/formats/model-metadata';
import {
  BUILT_IN_NAMES,
  resolveBuiltIn,
  type BuiltInStep,
} from '../../../runtime/transformations/built-in-step';
import { type Axis, type TensorFormat } from '../../../runtime/formats/format';
import { checkPipeline, type CheckResult } from '../../../runtime/definition/format-check';
import { type DType } from '../../../runtime/tensor/dtype';

export const FALL_DETECTION = `
name: fall-detection
service: extended
input: { array: { dtype: int16, shape: [9, 3], unit: tag } }
preprocessing:
  - { use: scale, factor: 3.90625, unit: millig }
  - { use: vector-length, axis: 1 }
  - { use: append-column }
  - { use: normalize, mean: [-1082.61, -152.63, -125.43, 1478.66], std: [1049.91, 556.06, 780.04, 1022.06] }
  - { use: expand, axis: 0 }
model: { name: fall-detection, version: pilot-2-2 }
inferencer: { use: onnx, execution: auto, batching: { maxBatchSize: 64, maxQueueDelayMs: 0, maxQueueSize: 1024 } }
postprocessing: []
output: { prediction: { dtype: float32, shape: [1] } }
`;

export function facts(dtype: DType, shape?: readonly Axis[]): TensorFormat {
  return { kind: 'tensor', dtype, ...(shape && { shape }) };
}

export const FALL_MODEL: ModelMetadata = {
  inputs: { window: facts('float32', ['batch', 9, 4]) },
  outputs: { confidence: facts('float32', ['batch']) },
};

/** A document as text, with `changes` to its top-level keys. */
export function documentOf(text: string, changes: Partial<PipelineDocument> = {}): PipelineDocument {
  return { ...parseDocument(text), ...changes };
}

export function check(document: PipelineDocument, model?: ModelMetadata): CheckResult<BuiltInStep> {
  return checkPipeline<BuiltInStep>(document, {
    resolve: resolveBuiltIn,
    knownNames: BUILT_IN_NAMES,
    ...(model && { model }),
  });
}

/** Each problem as `path: message`. */
export function problemsOf(document: PipelineDocument, model?: ModelMetadata): string[] {
  return check(document, model).problems.map(({ path, message }) => `${path}: ${message}`);
}

/** A pipeline of the given parts around a model `m` version 1. */
export function pipelineOf(parts: string): PipelineDocument {
  const model = /^model:/m.test(parts) ? '' : 'model: { name: m, version: "1" }\n';
  return parseDocument(`name: p\n${model}${parts}`);
}
