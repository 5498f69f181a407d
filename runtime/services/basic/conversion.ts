import { InferenceError } from '../../errors';
import { elementCount, formatShape } from '../../tensor/shape';
import { isTensor, type Flow, type Tensor, type Value } from '../../tensor/tensor';
import { toInBandError } from '../../grpc/calls/error-status';
import { type StreamConversion } from '../../grpc/stream/stream-conversion';
import { basicSize, type BasicRequest, type BasicResponse, type Tensor32 } from './message';

/** Between the messages of the Basic service and the pipeline's only input and output. */
export const basicConversion: StreamConversion<BasicRequest, BasicResponse> = {
  leniency: 'numbers',
  sizeOf: basicSize,
  sizeOfResponse: basicSize,
  toInputs(request, inputNames) {
    if (inputNames.length !== 1) {
      throw new InferenceError(
        'SERVICE_MISMATCH',
        `the Basic service carries one input, the pipeline has ${inputNames.join(', ')}; use the Extended service`,
      );
    }
    const [name] = inputNames;
    if (request.tensor === undefined) {
      throw new InferenceError('INPUT_MISSING', `input '${name}' missing; the request has no tensor`);
    }
    return new Map<string, Value>([[name, toTensor(request.tensor)]]);
  },
  toResponse(id: number, outputs) {
    return { id, tensor: toTensor32(outputs) };
  },
  toErrorResponse: (id, error) => ({ id, error: toInBandError(error) }),
};

function toTensor({ array, shape: sizes }: Tensor32): Tensor {
  const shape = [...sizes];
  if (shape.some((size) => size < 0)) {
    throw new InferenceError('MALFORMED_TENSOR', `tensor: shape ${formatShape(shape)} has a negative size`);
  }
  if (elementCount(shape) !== array.length) {
    throw new InferenceError(
      'MALFORMED_TENSOR',
      `tensor: shape ${formatShape(shape)} has ${elementCount(shape)} values, got ${array.length}`,
    );
  }
  return { dtype: 'float32', shape, data: array };
}

function toTensor32(outputs: Flow): Tensor32 {
  if (outputs.size !== 1) {
    throw new InferenceError(
      'SERVICE_MISMATCH',
      `the Basic service carries one output, the pipeline has ${[...outputs.keys()].join(', ')}; use the Extended service`,
    );
  }
  const [[name, value]] = outputs;
  if (!isTensor(value)) throw new InferenceError('SERVICE_MISMATCH', `output '${name}' is a list, no tensor`);
  return { array: toFloats(name, value), shape: Int32Array.from(value.shape) };
}

function toFloats(name: string, { dtype, data }: Tensor): Float32Array {
  switch (dtype) {
    case 'float32':
      return data as Float32Array;
    case 'string':
    case 'complex64':
    case 'float16':
    case 'bfloat16':
      throw new InferenceError(
        'SERVICE_MISMATCH',
        `the Basic service carries float32, output '${name}' is ${dtype}; use the Extended service`,
      );
    default:
      return Float32Array.from(data as ArrayLike<number | bigint>, Number);
  }
}
