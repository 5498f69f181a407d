import { InferenceError } from '../../errors';

/** Thrown when bytes are no message of the service. `id` is the request's own where it could be read, else 0. */
export class MalformedMessageError extends InferenceError {
  constructor(
    message: string,
    readonly id = 0,
  ) {
    super('MALFORMED_MESSAGE', message);
  }
}
