import { UndecodableRequest, type DecodedRequest } from '../grpc/stream/decoded-request';
import { type MethodDefinition } from '@grpc/grpc-js';
import { InferenceError } from '../errors';
import {
  decodeBasicRequest,
  decodeBasicResponse,
  encodeBasicRequest,
  encodeBasicResponse,
  type BasicRequest,
  type BasicResponse,
} from './basic/message';
import {
  decodeExtendedRequest,
  decodeExtendedResponse,
  encodeExtendedRequest,
  serializeExtendedResponse,
  type ExtendedRequest,
  type ExtendedResponse,
} from './extended/message';
import { MalformedMessageError } from '../grpc/codec/malformed-message-error';

/** The one method of a service: a stream of requests, answered by a stream of responses. */
// A type, not an interface: grpc-js wants a record of methods.
type PredictDefinition<Request, Response> = {
  readonly predict: MethodDefinition<DecodedRequest<Request>, Response>;
};

export const EXTENDED_SERVICE: PredictDefinition<ExtendedRequest, ExtendedResponse> = {
  predict: {
    path: '/extended_inference.ExtendedInferenceService/predict',
    requestStream: true,
    responseStream: true,
    requestSerialize: (request) => encodeExtendedRequest(decoded(request)),
    requestDeserialize: (bytes) => decodeOrExplain(bytes, decodeExtendedRequest),
    // What writes a large one has of a Buffer what grpc-js needs.
    responseSerialize: (response) => serializeExtendedResponse(response) as Buffer,
    responseDeserialize: decodeExtendedResponse,
  },
};

export const BASIC_SERVICE: PredictDefinition<BasicRequest, BasicResponse> = {
  predict: {
    path: '/basic_inference.BasicInferenceService/predict',
    requestStream: true,
    responseStream: true,
    requestSerialize: (request) => encodeBasicRequest(decoded(request)),
    requestDeserialize: (bytes) => decodeOrExplain(bytes, decodeBasicRequest),
    responseSerialize: encodeBasicResponse,
    responseDeserialize: decodeBasicResponse,
  },
};

function decodeOrExplain<M>(bytes: Buffer, decode: (bytes: Buffer) => M): DecodedRequest<M> {
  try {
    return decode(bytes);
  } catch (error) {
    if (error instanceof MalformedMessageError) return new UndecodableRequest(error.id, error);
    // Not the message's fault, e.g. no memory for its values.
    return new UndecodableRequest(0, new InferenceError('INTERNAL', 'internal error', { cause: error }));
  }
}

function decoded<M>(request: DecodedRequest<M>): M {
  if (request instanceof UndecodableRequest) throw request.error;
  return request;
}
