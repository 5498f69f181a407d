import { status, type StatusObject } from '@grpc/grpc-js';

/**
 * Thrown when a call failed as a whole, or carried by the answer to a request that was lost with its call: no connection,
 * an unknown pipeline, a deadline, a server that stopped. `code` is the name of the gRPC status, e.g. `UNAVAILABLE`.
 */
export class CallError extends Error {
  override readonly name = 'CallError';

  constructor(
    readonly code: keyof typeof status,
    message: string,
    options?: { cause: unknown },
  ) {
    super(message, options);
  }

  static fromStatus({ code, details }: Pick<StatusObject, 'code' | 'details'>): CallError {
    const name = (status[code] ?? 'UNKNOWN') as keyof typeof status;
    // grpc-js leaves the label of a note that it does not have.
    const text = details.replace(/\.? Resolution note: $/, '');
    return new CallError(name, text === '' ? name : text);
  }
}
