/** Thrown when values that were given as an input are no tensor of the dtype that was asked for. Nothing was sent. */
export class InputError extends Error {
  override readonly name = 'InputError';

  constructor(input: string, reason: string) {
    super(`input '${input}': ${reason}`);
  }
}
