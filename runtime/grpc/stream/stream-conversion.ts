import { type InferenceError } from '../../errors';
import { type Conversion } from '../../serving/exchange-call';

/** What differs between the services of streams: how their messages and the pipeline's values become each other. */
export interface StreamConversion<Request extends { readonly id: number }, Response> extends Conversion<
  Request,
  Response
> {
  /** About how many bytes a response holds. */
  sizeOfResponse(response: Response): number;
  /** The response that says in its place that its request has failed. */
  toErrorResponse(id: number, error: InferenceError): Response;
}
