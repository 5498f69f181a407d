export {
  pipelineDocumentSchema,
  type BatchingDocument,
  type InferencerDocument,
  type ModelDocument,
  type PipelineDocument,
  type Step,
} from './pipeline-document';
export { SERVICES, type ServiceName } from '../../contracts/names/services';
export {
  type BuiltInStepInput,
  type ComponentStepInput,
  type PipelineDocumentInput,
  type StepInput,
  type ReadonlyData,
} from './typed-document';
export { tensorFormatSchema, type TensorFormatDocument } from '../../contracts/package/tensor-format-schema';
export {
  absentComponent,
  checkDocument,
  checkFormats,
  completeDocument,
  definePipeline,
  type CheckableTransformation,
  type CheckDocumentOptions,
  type CheckedDocument,
} from './check-document';
export { declaredComponent } from './declared-component';
export { stepsOf, type DocumentStep } from './document-parts';
export { parseDocument, readDocument, type ReadDocument } from './read-document';
export { modelDocument, type DescribedModel } from './model-document';
export { writeDocument } from './write-document';
export { parseText } from '../../contracts/program/read-source';
export { ConfigurationError, formatProblem, type Problem } from '../../contracts/program/problem';
export { type ModelMetadata } from '../formats/model-metadata';
export { readOnnxMetadata } from '../formats/onnx-metadata';
