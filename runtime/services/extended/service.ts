import { InferenceError } from '../../errors';
import { isTensor, type Flow, type Value } from '../../tensor/tensor';
import { type ExtendedRequest, type ExtendedResponse, type NamedTensorProto } from './message';
import { toTensor, toTensorProto } from '../../grpc/tensors/converters';
import { toInBandError } from '../../grpc/calls/error-status';
import { extendedSize } from '../message-size';
import { quoteName } from '../../grpc/tensors/quote-name';
import { type ServiceAdapter } from '../../grpc/stream/service-adapter';

/** Names of a request that a message lists; a request may have tens of thousands. */
const MOST_NAMES = 10;

/** The Extended service: named tensors of any dtype, in both directions. */
export const extendedService: ServiceAdapter<ExtendedRequest, ExtendedResponse> = {
  service: 'extended',
  name: 'extended_inference.ExtendedInferenceService',
  leniency: 'integers',
  sizeOf: extendedSize,
  sizeOfResponse: extendedSize,
  toInputs(request, inputNames) {
    const inputs = new Map<string, Value>();
    for (const [name, proto] of request.tensors) {
      if (inputNames.includes(name)) inputs.set(name, toTensor(proto, name));
    }
    // What the pipeline does not name is not even converted, but an input that is missing is told what was sent.
    if (inputs.size < inputNames.length) refuseMissing(inputs, inputNames, request.tensors);
    return inputs;
  },
  toResponse(id, outputs) {
    const tensors: NamedTensorProto[] = [];
    for (const [name, value] of outputs) {
      if (!isTensor(value)) {
        throw new InferenceError('OUTPUT_MISMATCH', `output '${name}' is a list; an answer carries tensors`);
      }
      tensors.push([name, toTensorProto(value)]);
    }
    return { id, tensors };
  },
  toErrorResponse: (id, error) => ({ id, tensors: [], error: toInBandError(error) }),
};

function refuseMissing(
  inputs: Flow,
  inputNames: readonly string[],
  sent: readonly NamedTensorProto[],
): never {
  const missing = inputNames.filter((name) => !inputs.has(name)).map((name) => `'${name}'`);
  const shown = sent.slice(0, MOST_NAMES).map(([name]) => quoteName(name));
  if (sent.length > MOST_NAMES) shown.push(`${sent.length - MOST_NAMES} more`);
  const names = shown.join(', ') || 'none';
  throw new InferenceError(
    'INPUT_MISSING',
    `${missing.length === 1 ? 'input' : 'inputs'} ${missing.join(', ')} missing; the request has ${names}`,
  );
}
