export {
  pipelineDocumentSchema,
  SERVICES,
  type BatchingDocument,
  type InferencerDocument,
  type ModelDocument,
  type PipelineDocument,
  type ServiceName,
  type Step,
} from './pipeline-document';
export {
  type BuiltInStepInput,
  type ComponentStepInput,
  type PipelineDocumentInput,
  type StepInput,
  type ReadonlyData,
} from './typed-document';
export { tensorFormatSchema, type TensorFormatDocument } from './tensor-format-schema';
export {
  checkDocument,
  definePipeline,
  type CheckDocumentOptions,
  type CheckedDocument,
} from './check-document';
export { parseDocument, readDocument, type ReadDocument } from './read-document';
export { writeDocument } from './write-document';
export { ConfigurationError, formatProblem, type Problem } from '../errors';
export { type ModelMetadata } from '../inferencer/inferencer';
