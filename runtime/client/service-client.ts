import { type MethodDefinition } from '@grpc/grpc-js';
import { InferenceError } from '../errors';
import { basicSize, type BasicRequest, type BasicResponse } from '../services/basic/message';
import { extendedSize, type ExtendedRequest, type ExtendedResponse } from '../services/extended/message';
import { type InBandError } from '../grpc/codec/in-band-error';
import { toTensor, toTensorProto } from '../grpc/tensors/converters';
import { BASIC_SERVICE } from '../services/basic/definition';
import { EXTENDED_SERVICE } from '../services/extended/definition';
import { type DecodedRequest } from '../grpc/stream/decoded-request';
import { elementCount, formatShape } from '../tensor/shape';
import { type Tensor } from '../tensor/tensor';
import { type Outcome } from './answer';
import { CallError, InputError, PredictionError } from './errors';

/** Converts between tensors and the messages of one service. */
export interface ServiceClient<Request = unknown, Response = unknown> {
  readonly method: MethodDefinition<DecodedRequest<Request>, Response>;
  /** @throws InputError when the service cannot carry the inputs. */
  toRequest(id: number, inputs: Readonly<Record<string, Tensor>>): Request;
  /** Approximate size of a request, in bytes. */
  sizeOf(request: Request): number;
  idOf(response: Response): number;
  toOutcome(response: Response): Outcome;
}

export const EXTENDED_CLIENT: ServiceClient<ExtendedRequest, ExtendedResponse> = {
  method: EXTENDED_SERVICE.predict,
  toRequest(id, inputs) {
    return { id, tensors: Object.entries(inputs).map(([name, tensor]) => [name, toTensorProto(tensor)]) };
  },
  sizeOf: extendedSize,
  idOf: ({ id }) => id,
  toOutcome({ tensors, error }) {
    return outcome(error, () =>
      Object.fromEntries(tensors.map(([name, proto]) => [name, toTensor(proto, name)])),
    );
  },
};

/** Name of the Basic service's only output; its message has none. */
const BASIC_OUTPUT = 'tensor';

export const BASIC_CLIENT: ServiceClient<BasicRequest, BasicResponse> = {
  method: BASIC_SERVICE.predict,
  toRequest(id, inputs) {
    const entries = Object.entries(inputs);
    if (entries.length !== 1) {
      const names = entries.map(([name]) => name).join(', ') || 'none';
      throw new InputError(names, `the Basic service carries one input, got ${entries.length}`);
    }
    const [[name, tensor]] = entries;
    if (tensor.dtype !== 'float32') {
      throw new InputError(name, `the Basic service carries float32, got ${tensor.dtype}`);
    }
    return {
      id,
      tensor: { array: tensor.data as Float32Array, shape: Int32Array.from(tensor.shape) },
    };
  },
  sizeOf: basicSize,
  idOf: ({ id }) => id,
  toOutcome({ tensor, error }) {
    return outcome(error, () => {
      const shape = [...(tensor?.shape ?? [])];
      const data = tensor?.array ?? new Float32Array(0);
      if (elementCount(shape) !== data.length) {
        throw new InferenceError(
          'MALFORMED_TENSOR',
          `shape ${formatShape(shape)} has ${elementCount(shape)} values, got ${data.length}`,
        );
      }
      return { [BASIC_OUTPUT]: { dtype: 'float32', shape, data } };
    });
  },
};

function outcome(error: InBandError | undefined, read: () => Record<string, Tensor>): Outcome {
  if (error !== undefined) return { error: new PredictionError(error) };
  try {
    return { outputs: read() };
  } catch (cause) {
    if (!(cause instanceof InferenceError)) throw cause;
    return {
      error: new CallError('INTERNAL', `the server's answer cannot be read: ${cause.message}`, { cause }),
    };
  }
}
