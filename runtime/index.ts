/**
 * What an author of a transformation or of a client needs:
 *
 * ```ts
 * import { InferenceClient } from 'modular-inference-stack/runtime';
 *
 * const client = new InferenceClient({ address: 'localhost:50051' });
 * const { prediction } = await client.predict({ array: { dtype: 'int16', shape: [9, 3], data: window } });
 * ```
 */
export { z } from 'zod';
export { type Authoring } from './components/authoring';
export {
  CallError,
  InferenceClient,
  InputError,
  PredictionError,
  type Answer,
  type CallOptions,
  type InferenceClientOptions,
  type InputTensor,
  type Inputs,
  type NestedValues,
  type Outputs,
  type Requests,
  type StepTiming,
  type StepTimings,
  type StreamOptions,
} from './client';
export { ERROR_CATALOGUE, InferenceError, type ErrorCode, type ErrorKind } from './errors';
export {
  FormatError,
  describeFormat,
  requireTensor,
  withFormat,
  type Axis,
  type FlowFormat,
  type ListFormat,
  type TensorFormat,
  type ValueFormat,
} from './formats/format';
export {
  defineFlowTransformation,
  defineTransformation,
  type FlowTransformation,
  type StepNames,
  type Transformation,
  type UnaryTransformation,
} from './transformations/transformation';
export { DTYPES } from '../contracts/values/dtype';
export { allocateData, type DataOf, type DType } from './tensor/dtype';
export { castTensor } from './tensor/cast';
export { mapNumbers } from './tensor/map-numbers';
export { elementCount, resolveAxis } from './tensor/shape';
export { isTensor, tensor, zeros, type Flow, type Tensor, type Value } from './tensor/tensor';
