import { InferenceError, messageOf } from '../errors';
import { type NamedTensors } from '../inferencer/inferencer';
import { castTensor } from '../tensor/cast';
import { type DType } from '../tensor/dtype';
import { isTensor, type Flow, type Tensor } from '../tensor/tensor';
import { type ModelBinding } from './checked-pipeline';

/** Names and dtypes on both sides of the model: the pipeline's values go in, the model's tensors come out. */
export class ModelDoor {
  constructor(
    private readonly inputs: readonly ModelBinding[],
    private readonly outputs: readonly ModelBinding[],
  ) {}

  /** The model's inputs. Where a format left the dtype open, numbers are cast to the dtype that the model wants. */
  enter(flow: Flow): NamedTensors {
    const feeds: Record<string, Tensor> = {};
    for (const { model, value, modelFormat } of this.inputs) {
      const found = flow.get(value);
      if (found === undefined || !isTensor(found)) {
        throw new InferenceError(
          'STEP_FAILED',
          `value '${value}' for the model's input '${model}' is no tensor`,
        );
      }
      const dtype = modelFormat?.dtype;
      feeds[model] = dtype === undefined || dtype === found.dtype ? found : castForModel(model, found, dtype);
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

function castForModel(input: string, tensor: Tensor, dtype: DType): Tensor {
  try {
    return castTensor(tensor, dtype);
  } catch (error) {
    throw new InferenceError(
      'MODEL_REFUSED',
      `the model's input '${input}' is ${dtype}: ${messageOf(error)}`,
      {
        cause: error,
      },
    );
  }
}
