import { type Inputs } from '../../../../runtime/client';
import { toInputTensor } from '../../../../runtime/client/input-tensor';
import { BASIC_CLIENT, EXTENDED_CLIENT } from '../../../../runtime/client/service-client';
import { encodeBasicRequest } from '../../../../runtime/services/basic/message';
import { encodeExtendedRequest } from '../../../../runtime/services/extended/message';
import { type Tensor } from '../../../../runtime/tensor/tensor';
import { castTensor } from '../../../../runtime/tensor/cast';
import { isNumberDType } from '../../../../runtime/tensor/number-dtype';
import { frame } from './frame';

/** The requests that a run sends in turn, encoded in advance. The id of each is its index. */
export interface RequestSet {
  readonly service: 'extended' | 'basic';
  readonly path: string;
  /** Messages with their gRPC frame headers. */
  readonly frames: readonly Buffer[];
  readonly inputs: readonly Inputs[];
}

/** @throws InputError when the service cannot carry the inputs. */
export function encodeRequests(service: 'extended' | 'basic', inputs: readonly Inputs[]): RequestSet {
  const client = service === 'basic' ? BASIC_CLIENT : EXTENDED_CLIENT;
  const sent = service === 'basic' ? inputs.map(inFloat32) : inputs;
  const frames = sent.map((request, id) => {
    const tensors = toTensors(request);
    return frame(
      service === 'basic'
        ? encodeBasicRequest(BASIC_CLIENT.toRequest(id, tensors))
        : encodeExtendedRequest(EXTENDED_CLIENT.toRequest(id, tensors)),
    );
  });
  return { service, path: client.method.path, frames, inputs: sent };
}

function toTensors(inputs: Inputs): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, input]) => [name, toInputTensor(name, input)]),
  );
}

/** The Basic service carries float32 only. */
function inFloat32(inputs: Inputs): Inputs {
  return Object.fromEntries(
    Object.entries(toTensors(inputs)).map(([name, tensor]) => [
      name,
      isNumberDType(tensor.dtype) ? castTensor(tensor, 'float32') : tensor,
    ]),
  );
}
