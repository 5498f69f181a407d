export { type Answer, type Outcome, type Outputs } from './answer';
export { type Inputs, type Requests } from './answer-stream';
export { CallError, InputError, PredictionError } from './errors';
export { type InferenceClientOptions } from './client-options';
export { InferenceClient, type CallOptions, type StreamOptions } from './inference-client';
export { type InputTensor } from './input-tensor';
export { type ElementValue, type NestedValues } from './nested-values';
export { type StepTiming, type StepTimings } from './stream-timings';
