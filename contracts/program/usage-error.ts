/** Thrown when a program was called wrongly: exit code 2 and its message. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
