import { type InferencerDocument, type ModelDocument, type PipelineDocument } from './pipeline-document';
import { type FlowFormat, type TensorFormat, type ValueFormat } from '../formats/format';
import { type CheckableTransformation, type StepNames } from '../transformations/transformation';

/** What every node of a plan says of itself. */
interface NodeFacts {
  /** Where it stands in the document, e.g. `preprocessing[1]`. */
  readonly path: string;
  /** For messages and the `step` label of metrics, e.g. `preprocessing[1] vector-length`. */
  readonly label: string;
  /** Values that the node reads; all that there are, where only its transformation knows which. */
  readonly reads: readonly string[];
  /** Values that the node makes or replaces. */
  readonly writes: readonly string[];
  /** Formats of the values before the node and after it. A value that is missing after it is out of scope there. */
  readonly input: FlowFormat;
  readonly output: FlowFormat;
}

/** A transformation with checked parameters. */
export interface UseNode<T extends CheckableTransformation = CheckableTransformation> extends NodeFacts {
  readonly kind: 'use';
  readonly transformation: T;
  readonly parameters: unknown;
  readonly names: StepNames;
  readonly timeoutMs?: number;
}

/**
 * How a list goes into a model: each item in a run of its own, as it is; the same with a batch axis of 1 before it; or all
 * items as one batch, whose answers the model tells apart by an image index.
 */
export type ListMode = 'each' | 'row' | 'batch';

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
  readonly list?: ListMode;
}

/** A run of a model, with its tensors bound to values. */
export interface InferNode extends NodeFacts {
  readonly kind: 'infer';
  /** Key of the model in the plan. */
  readonly model: string;
  readonly inputs: readonly ModelBinding[];
  readonly outputs: readonly ModelBinding[];
  /** Output that says of which item of a batch each detection is; set for a list that goes in as one batch. */
  readonly imageIndex?: string;
}

export type PlanNode<T extends CheckableTransformation = CheckableTransformation> = UseNode<T> | InferNode;

/** A model that a plan uses, by what the document says of it. */
export interface PlannedModel {
  /** Where the document names it. */
  readonly path: string;
  readonly document: ModelDocument;
  readonly inferencer: InferencerDocument;
}

/**
 * A pipeline whose formats fit from the request to the answer: nodes that read and write named values, in an order in which
 * they can run one after the other.
 */
export interface Plan<T extends CheckableTransformation = CheckableTransformation> {
  readonly document: PipelineDocument;
  readonly input: FlowFormat;
  readonly nodes: readonly PlanNode<T>[];
  readonly models: ReadonlyMap<string, PlannedModel>;
  /** The formats of the answer's tensors, in the order of the document. */
  readonly output: FlowFormat;
  /** Those of them that the document declares: each answer is compared with them. */
  readonly promised: FlowFormat;
  /** The value that each of them is. Names differ where the only output is bound to the only value. */
  readonly outputValues: ReadonlyMap<string, string>;
}

/** The values that something after the node at `index` still reads as they are then; the others may be released. */
export function readAfter(
  { nodes, outputValues }: Pick<Plan, 'nodes' | 'outputValues'>,
  index: number,
): Set<string> {
  const live = new Set(outputValues.values());
  for (let later = nodes.length - 1; later > index; later -= 1) {
    const { reads, writes } = nodes[later];
    for (const name of writes) live.delete(name);
    for (const name of reads) live.add(name);
  }
  return live;
}

/** The values that a step makes or replaces. */
export function writtenBetween(before: FlowFormat, after: FlowFormat): string[] {
  return [...after.keys()].filter((name) => before.get(name) !== after.get(name));
}
