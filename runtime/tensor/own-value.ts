/**
 * The value of a key that an object has itself: tensors may be called `constructor` or `toString`, which every object
 * inherits.
 */
export function ownValue<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
