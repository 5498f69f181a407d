import { InferenceError } from '../../errors';
import { isTensor, type Flow, type Value } from '../../tensor/tensor';
import { toInBandError } from '../../grpc/calls/error-status';
import { type StreamConversion } from '../../grpc/stream/stream-conversion';
import { toTensor, toTensorProto } from '../../grpc/tensors/converters';
import { quoteName } from '../../tensor/quote-name';
import { extendedSize, type ExtendedRequest, type ExtendedResponse, type NamedTensorProto } from './message';

/** Most of a request's names that an error message lists; a request may have tens of thousands. */
const MOST_NAMES = 10;

/** Between the messages of the Extended service and the pipeline's values. */
export const extendedConversion: StreamConversion<ExtendedRequest, ExtendedResponse> = {
  leniency: 'integers',
  sizeOf: extendedSize,
  sizeOfResponse: extendedSize,
  toInputs(request, inputNames) {
    const inputs = new Map<string, Value>();
    for (const [name, proto] of request.tensors) {
      if (inputNames.includes(name)) inputs.set(name, toTensor(proto, name));
    }
    // Tensors that the pipeline does not name are not converted; the error about a missing input lists them.
    if (inputs.size < inputNames.length) refuseMissing(inputs, inputNames, request.tensors);
    return inputs;
  },
  toResponse(id: number, outputs) {
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
