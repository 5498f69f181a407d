/** Reads one option; what is wrong with it is kept, and told with the problems of the others. */
export type ReadOption = <T>(option: string, parse: () => T) => T;

/** @throws RangeError with what is allowed. */
export function oneOf<T extends string>(text: string, allowed: readonly T[]): T {
  if ((allowed as readonly string[]).includes(text)) return text as T;
  throw new RangeError(`must be one of ${allowed.join(', ')}, got '${text}'`);
}
