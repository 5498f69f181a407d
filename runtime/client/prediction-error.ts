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
