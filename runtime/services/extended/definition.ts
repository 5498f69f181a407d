import { predictMethod } from '../../grpc/stream/predict-method';
import {
  decodeExtendedRequest,
  decodeExtendedResponse,
  encodeExtendedRequest,
  serializeExtendedResponse,
  type ExtendedRequest,
  type ExtendedResponse,
} from './message';

/** The Extended service's method, for servers and clients of grpc-js. */
export const EXTENDED_SERVICE = predictMethod<ExtendedRequest, ExtendedResponse>(
  '/extended_inference.ExtendedInferenceService/predict',
  {
    encodeRequest: encodeExtendedRequest,
    decodeRequest: decodeExtendedRequest,
    // A large response is no Buffer, but has all of one that grpc-js uses.
    encodeResponse: (response) => serializeExtendedResponse(response) as Buffer,
    decodeResponse: decodeExtendedResponse,
  },
);
