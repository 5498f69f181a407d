import { type ServiceName } from '../../../contracts/names/services';
import { type InferenceError } from '../../errors';
import { type Leniency } from '../../pipeline/conform';
import { type Flow } from '../../tensor/tensor';

/** What differs between the services: how their messages and the pipeline's values become each other. */
export interface ServiceAdapter<Request extends { readonly id: number }, Response> {
  readonly service: ServiceName;
  /** Its name on the wire, e.g. `basic_inference.BasicInferenceService`. */
  readonly name: string;
  readonly leniency: Leniency;
  /** About how many bytes a message holds. */
  sizeOf(request: Request): number;
  sizeOfResponse(response: Response): number;
  /** @throws InferenceError MALFORMED_TENSOR, INPUT_MISSING. */
  toInputs(request: Request, inputNames: readonly string[]): Flow;
  /** @throws InferenceError OUTPUT_MISMATCH when the service cannot carry the answer. */
  toResponse(id: number, outputs: Flow): Response;
  toErrorResponse(id: number, error: InferenceError): Response;
}
