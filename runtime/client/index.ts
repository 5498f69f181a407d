export { type Answer, type Outcome, type Outputs } from './answer';
export { type Inputs, type Requests } from './answer-stream';
export { CallError } from './call-error';
export { type InferenceClientOptions } from './client-options';
export { InferenceClient, type CallOptions } from './inference-client';
export { InputError } from './input-error';
export { type InputTensor } from './input-tensor';
export { type ElementValue, type NestedValues } from './nested-values';
export { PredictionError } from './prediction-error';
