import { type InferenceError } from '../../errors';

/**
 * A request whose bytes could not be decoded. A server's deserializer hands it on instead of throwing, which would end the
 * whole stream: the request is answered in its place with `error`.
 */
export class UndecodableRequest {
  constructor(
    /** The request's own id where it could be read, else 0. */
    readonly id: number,
    readonly error: InferenceError,
  ) {}
}

/** What a server's stream delivers for each message. */
export type DecodedRequest<M> = M | UndecodableRequest;
