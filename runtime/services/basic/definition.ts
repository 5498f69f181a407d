import { predictMethod } from '../../grpc/stream/predict-method';
import {
  decodeBasicRequest,
  decodeBasicResponse,
  encodeBasicRequest,
  encodeBasicResponse,
  type BasicRequest,
  type BasicResponse,
} from './message';

/** The Basic service's method, for servers and clients of grpc-js. */
export const BASIC_SERVICE = predictMethod<BasicRequest, BasicResponse>(
  '/basic_inference.BasicInferenceService/predict',
  {
    encodeRequest: encodeBasicRequest,
    decodeRequest: decodeBasicRequest,
    encodeResponse: encodeBasicResponse,
    decodeResponse: decodeBasicResponse,
  },
);
