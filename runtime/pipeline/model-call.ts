import { InferenceError } from '../errors';
import { messageOf } from '../../contracts/program/problem';
import { type InferNode, type ModelBinding } from '../definition/plan';
import { type Inferencer, type PredictOptions } from '../inferencer/inferencer';
import { castTensor } from '../tensor/cast';
import { isTensor, type Flow, type NamedTensors, type Tensor, type Value } from '../tensor/tensor';

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
  /** The model's names of its outputs that may be strings. */
  private readonly texts: readonly string[];

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
    this.texts = node.outputs
      .filter(({ modelFormat }) => modelFormat?.dtype === 'string')
      .map(({ model }) => model);
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
    const predicted = this.inferencer.predict(feeds, this.allowed(options));
    if (this.texts.length === 0) return predicted;
    const isSent = Object.values(feeds).some(hasReplacement);
    return isSent ? predicted : predicted.then((outputs) => requireText(outputs, this.texts));
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

/** U+FFFD in UTF-8. */
const REPLACEMENT = Buffer.from('\ufffd');

function hasReplacement({ dtype, data }: Tensor): boolean {
  return (
    dtype === 'string' && (data as readonly Uint8Array[]).some((text) => asBuffer(text).includes(REPLACEMENT))
  );
}

function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/**
 * ONNX Runtime's binding for Node decodes the strings of an output, and writes U+FFFD for bytes that are no UTF-8: they are
 * lost, and an answer without them would be wrong. A U+FFFD that a client has sent may come out again.
 * @throws InferenceError OUTPUT_MISMATCH naming the output and the element.
 */
function requireText(outputs: NamedTensors, names: readonly string[]): NamedTensors {
  for (const name of names) {
    const tensor = outputs[name];
    if (!hasReplacement(tensor)) continue;
    const element = (tensor.data as readonly Uint8Array[]).findIndex((text) =>
      asBuffer(text).includes(REPLACEMENT),
    );
    throw new InferenceError(
      'OUTPUT_MISMATCH',
      `the model's output '${name}' holds bytes that are no UTF-8 text, or U+FFFD, in element ${element}: they cannot be passed on; have the model answer numbers in their place`,
    );
  }
  return outputs;
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
