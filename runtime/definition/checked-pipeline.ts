import { type PipelineDocument } from './pipeline-document';
import { type FlowFormat, type TensorFormat, type ValueFormat } from '../formats/format';
import { type CheckableTransformation, type StepNames } from '../transformations/transformation';

/** A step whose transformation, parameters and formats have been checked. */
export interface CheckedStep<T extends CheckableTransformation = CheckableTransformation> {
  /** Where it stands in the document, e.g. `preprocessing[1]`. */
  readonly path: string;
  /** For messages and the `step` label of metrics, e.g. `preprocessing[1] vector-length`. */
  readonly label: string;
  readonly transformation: T;
  readonly parameters: unknown;
  readonly names: StepNames;
  readonly timeoutMs?: number;
  readonly input: FlowFormat;
  readonly output: FlowFormat;
}

/**
 * How a list goes into a model: each item in a run of its own, as it is; the same with a batch axis of 1 before it; or all
 * items as one batch, whose answers the model tells apart by an image index.
 */
export type ListPassage = 'each' | 'row' | 'batch';

/** Which value of the pipeline goes into or comes out of which tensor of the model. */
export interface ModelBinding {
  /** The model's own name. */
  readonly model: string;
  /** The name in the pipeline. */
  readonly value: string;
  /** The format that the pipeline's side has. */
  readonly format: ValueFormat;
  /** The format that the model's side has; absent when the model is not at hand (synth, validate without it). */
  readonly modelFormat?: TensorFormat;
  /** Set for a list that goes into the model. */
  readonly list?: ListPassage;
}

/** A pipeline whose formats fit from the request to the answer. */
export interface CheckedPipeline<T extends CheckableTransformation = CheckableTransformation> {
  readonly document: PipelineDocument;
  readonly input: FlowFormat;
  readonly preprocessing: readonly CheckedStep<T>[];
  readonly modelInputs: readonly ModelBinding[];
  readonly modelOutputs: readonly ModelBinding[];
  readonly postprocessing: readonly CheckedStep<T>[];
  /** The formats of the answer's tensors, in the order of the document. */
  readonly output: FlowFormat;
  /** The value of the flow that each of them is. Names differ where the only output is bound to the only value. */
  readonly outputValues: ReadonlyMap<string, string>;
}
