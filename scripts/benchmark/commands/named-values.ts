import { UsageError } from '../../../contracts/program/usage-error';

/** Gathers an option that may be given again. */
export function again(value: string, previous: readonly string[] = []): string[] {
  return [...previous, value];
}

/**
 * Reads `name=value` options.
 * @param parse undefined when the value is not allowed
 * @throws UsageError naming the option, what is allowed and what was got.
 */
export function namedValues<T>(
  option: string,
  given: readonly string[],
  allowed: string,
  parse: (text: string) => T | undefined,
): Record<string, T> {
  const values = new Map<string, T>();
  for (const text of given) {
    const [, name, value] = /^([^=]+)=(.+)$/.exec(text) ?? [];
    const parsed = value === undefined ? undefined : parse(value);
    if (parsed === undefined) throw new UsageError(`'${option}' must be ${allowed}, got '${text}'`);
    if (values.has(name)) throw new UsageError(`'${option}' gives '${name}' twice`);
    values.set(name, parsed);
  }
  return Object.fromEntries(values);
}
