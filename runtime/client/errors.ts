import { status, type StatusObject } from '@grpc/grpc-js';

/**
 * Thrown when a call failed as a whole, and the error of requests that were lost with it: no connection, an unknown
 * pipeline, a deadline, a server that stopped. `code` is the name of the gRPC status, e.g. `UNAVAILABLE`.
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
    // grpc-js appends the label of a note even when the note is empty.
    const text = details.replace(/\.? Resolution note: $/, '');
    return new CallError(name, text === '' ? name : text);
  }
}

/**
 * The server's answer to one request that failed; the other requests of its stream go on. `code` is the name of the gRPC
 * status that says the same, e.g. `INVALID_ARGUMENT`; `step` the pipeline step that failed, if it was one.
 */
export class PredictionError extends Error {
  override readonly name = 'PredictionError';
  readonly code: string;
  readonly step?: string;

  constructor(error: { readonly code: string; readonly message: string; readonly step?: string }) {
    super(error.message);
    this.code = error.code;
    if (error.step) this.step = error.step;
  }
}

/** Thrown when an input is no tensor of its dtype, or the service cannot carry it. Nothing was sent. */
export class InputError extends Error {
  override readonly name = 'InputError';

  constructor(input: string, reason: string) {
    super(`input '${input}': ${reason}`);
  }
}
