import { type ServiceName } from '../config/pipeline-document';
import { type InferenceError } from '../errors';
import { type Leniency } from '../pipeline/conform';
import { type Flow } from '../tensor/tensor';

/** A request as the codec leaves it: one that could not be decoded carries why, so that it is answered in its place. */
export interface Decoded {
  readonly id: number;
  /** Bytes of the message on the wire. */
  readonly byteLength: number;
  readonly error?: InferenceError;
}

/** What differs between the services: how their messages and the pipeline's values become each other. */
export interface ServiceAdapter<Request extends Decoded, Response> {
  readonly service: ServiceName;
  readonly leniency: Leniency;
  /** @throws InferenceError MALFORMED_TENSOR. */
  toInputs(request: Request, inputNames: readonly string[]): Flow;
  /** @throws InferenceError OUTPUT_MISMATCH when the service cannot carry the answer. */
  toResponse(id: number, outputs: Flow): Response;
  toErrorResponse(id: number, error: InferenceError): Response;
}
