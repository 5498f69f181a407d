/**
 * Thrown at construction when a property is wrong. The message names the construct, the property, what was given and what is
 * allowed.
 */
export class PropertyError extends Error {
  override readonly name = 'PropertyError';

  constructor(
    /** What was being made: a construct with its path, or a value such as `Replicas.fixed`. */
    readonly subject: string,
    readonly property: string,
    readonly value: unknown,
    /** What the property must be, e.g. `an integer ≥ 1`, and the way out where one is known. */
    readonly allowed: string,
  ) {
    super(`${subject}: '${property}' must be ${allowed}, got ${describeValue(value)}`);
  }
}

function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'bigint' || typeof value === 'symbol' || typeof value === 'function')
    return typeof value;
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const described = (value as { toString(): string }).toString();
  if (described !== '[object Object]' && !Array.isArray(value)) return described;
  return JSON.stringify(value).slice(0, 200);
}
