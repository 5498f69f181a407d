/** Thrown when a server cannot be measured: it is not there, or it does not answer the first request as it should. */
export class UnusableServerError extends Error {
  override readonly name = 'UnusableServerError';
}
