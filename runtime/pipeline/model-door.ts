import { InferenceError } from '../errors';
import { messageOf } from '../../contracts/program/problem';
import { type NamedTensors } from '../tensor/tensor';
import { castTensor } from '../tensor/cast';
import { isTensor, type Flow, type Tensor } from '../tensor/tensor';
import { type ModelBinding } from '../definition/checked-pipeline';

/** Names and dtypes on both sides of the model: the pipeline's values go in, the model's tensors come out. */
export class ModelDoor {
  constructor(
    private readonly inputs: readonly ModelBinding[],
    private readonly outputs: readonly ModelBinding[],
  ) {}

  /** The model's inputs. Where a format left the dtype open, numbers are cast to the dtype that the model wants. */
  enter(flow: Flow): NamedTensors {
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
    return feeds;
  }

  /** The model's outputs under their names in the pipeline. */
  leave(predicted: NamedTensors): Flow {
    const flow = new Map<string, Tensor>();
    for (const { model, value } of this.outputs) flow.set(value, predicted[model]);
    return flow;
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
