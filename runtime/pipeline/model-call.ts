import { InferenceError } from '../errors';
import { messageOf } from '../../contracts/program/problem';
import { type InferNode, type ModelBinding } from '../definition/plan';
import { type Inferencer, type PredictOptions } from '../inferencer/inferencer';
import { castTensor } from '../tensor/cast';
import { isTensor, type Flow, type Tensor, type Value } from '../tensor/tensor';

/** Values by the names of the model's outputs. */
export type Predicted = Readonly<Record<string, Value>>;

/** The open model of a node. */
export interface ModelOfNode {
  readonly inferencer: Inferencer;
  /** Labels of the steps that run in the model's thread. Default: there are none. */
  readonly stepLabels?: readonly string[];
  /** Number of these steps that run before the model. Default: 0. */
  readonly stepsBefore?: number;
}

const NOTHING: Flow = new Map();

/**
 * A node that runs a model: values go in under the model's names, its outputs come out under the pipeline's. The caller
 * owns the inferencer.
 */
export class ModelCall {
  readonly kind = 'model';
  readonly stepLabels: readonly string[];
  readonly stepsBefore: number;
  protected readonly inferencer: Inferencer;
  protected readonly inputs: readonly ModelBinding[];
  private readonly outputs: readonly ModelBinding[];
  /** Whether an input is read by something else, too, so that its memory cannot be given away. */
  private readonly sharesInputs: boolean;

  /**
   * @param kept values of before that are still read after the model
   */
  constructor(
    node: InferNode,
    { inferencer, stepLabels = [], stepsBefore = 0 }: ModelOfNode,
    private readonly kept: readonly string[],
  ) {
    this.inferencer = inferencer;
    this.stepLabels = stepLabels;
    this.stepsBefore = stepsBefore;
    this.inputs = node.inputs;
    this.outputs = node.outputs;
    const values = node.inputs.map(({ value }) => value);
    this.sharesInputs = new Set([...values, ...kept]).size < values.length + kept.length;
  }

  /** @throws InferenceError */
  predict(flow: Flow, options: PredictOptions): Promise<Predicted> {
    const feeds: Record<string, Tensor> = {};
    for (const binding of this.inputs) {
      const { model, value } = binding;
      const found = flow.get(value);
      if (found === undefined || !isTensor(found)) {
        throw new InferenceError(
          'STEP_FAILED',
          `value '${value}' for the model's input '${model}' is no tensor`,
        );
      }
      feeds[model] = castForModel(binding, found);
    }
    return this.inferencer.predict(feeds, this.allowed(options));
  }

  /** The values that are still needed once the model has its inputs; the others may be released meanwhile. */
  keep(flow: Flow): Flow {
    if (this.kept.length === 0) return NOTHING;
    const kept = new Map<string, Value>();
    for (const name of this.kept) kept.set(name, flow.get(name)!);
    return kept;
  }

  /** The values after the model: those that were kept, and its outputs under their names in the pipeline. */
  leave(predicted: Predicted, kept: Flow): Flow {
    const flow = kept === NOTHING ? new Map<string, Value>() : (kept as Map<string, Value>);
    for (const { model, value } of this.outputs) flow.set(value, predicted[model]);
    return flow;
  }

  protected allowed(options: PredictOptions): PredictOptions {
    return options.transfer === true && this.sharesInputs ? { ...options, transfer: false } : options;
  }
}

/**
 * The value in the dtype that the model wants, where a format left it open.
 * @throws InferenceError MODEL_REFUSED when a number does not fit.
 */
export function castForModel({ model, modelFormat }: ModelBinding, tensor: Tensor): Tensor {
  const dtype = modelFormat?.dtype;
  if (dtype === undefined || dtype === tensor.dtype) return tensor;
  try {
    return castTensor(tensor, dtype);
  } catch (error) {
    throw new InferenceError(
      'MODEL_REFUSED',
      `the model's input '${model}' is ${dtype}: ${messageOf(error)}`,
      {
        cause: error,
      },
    );
  }
}
