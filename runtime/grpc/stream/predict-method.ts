import { type MethodDefinition } from '@grpc/grpc-js';
import { InferenceError } from '../../errors';
import { MalformedMessageError } from '../codec/malformed-message-error';
import { UndecodableRequest, type DecodedRequest } from './decoded-request';

/** The one method of a service of streams: a stream of requests, answered by a stream of responses. */
// A type, not an interface: grpc-js wants a record of methods.
export type PredictDefinition<Request, Response> = {
  readonly predict: MethodDefinition<DecodedRequest<Request>, Response>;
};

interface MessageCodec<Request, Response> {
  readonly encodeRequest: (request: Request) => Buffer;
  /** @throws MalformedMessageError */
  readonly decodeRequest: (bytes: Buffer) => Request;
  readonly encodeResponse: (response: Response) => Buffer;
  /** @throws MalformedMessageError */
  readonly decodeResponse: (bytes: Buffer) => Response;
}

/** @param path `/package.Service/predict` */
export function predictMethod<Request, Response>(
  path: string,
  codec: MessageCodec<Request, Response>,
): PredictDefinition<Request, Response> {
  return {
    predict: {
      path,
      requestStream: true,
      responseStream: true,
      requestSerialize: (request) => {
        if (request instanceof UndecodableRequest) throw request.error;
        return codec.encodeRequest(request);
      },
      requestDeserialize: (bytes) => {
        try {
          return codec.decodeRequest(bytes);
        } catch (error) {
          if (error instanceof MalformedMessageError) return new UndecodableRequest(error.id, error);
          // Not the message's fault, e.g. no memory for its values.
          return new UndecodableRequest(
            0,
            new InferenceError('INTERNAL', 'internal error', { cause: error }),
          );
        }
      },
      responseSerialize: codec.encodeResponse,
      responseDeserialize: codec.decodeResponse,
    },
  };
}
