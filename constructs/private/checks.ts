import { Duration } from 'cdk8s';
import { type IConstruct } from 'constructs';
import { PropertyError } from './property-error';

/** Subject of a check: a construct (shown by class and path), or a name such as `Replicas.fixed`. */
export type Subject = IConstruct | string;

/** Shown in a message instead of a value that may be a secret. */
export const NOT_SHOWN = { toString: () => 'a literal (not shown)' };

function nameOf(subject: Subject): string {
  if (typeof subject === 'string') return subject;
  return `${subject.constructor.name} '${subject.node.path}'`;
}

export function refuse(subject: Subject, property: string, value: unknown, allowed: string): never {
  throw new PropertyError(nameOf(subject), property, value, allowed);
}

export function requireInteger(
  subject: Subject,
  property: string,
  value: number,
  min: number,
  max = Number.MAX_SAFE_INTEGER,
): number {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
  const range = max === Number.MAX_SAFE_INTEGER ? `≥ ${min}` : `from ${min} to ${max}`;
  return refuse(subject, property, value, `an integer ${range}`);
}

export function requireNumber(
  subject: Subject,
  property: string,
  value: number,
  min: number,
  max: number,
): number {
  if (typeof value === 'number' && value >= min && value <= max) return value;
  return refuse(subject, property, value, `a number from ${min} to ${max}`);
}

/** A duration in seconds, which may have a fraction. */
export function requireSeconds(
  subject: Subject,
  property: string,
  value: Duration,
  min: number,
  max: number,
): number {
  const duration = requireInstance(subject, property, value, Duration, 'Duration.seconds(30)');
  return requireNumber(subject, property, duration.toSeconds({ integral: false }), min, max);
}

export function requireText(subject: Subject, property: string, value: string): string {
  if (typeof value === 'string' && value.trim() !== '') return value;
  return refuse(subject, property, value, 'a text that is not empty');
}

/** JavaScript callers may pass anything; a value of the wrong class would only fail deep inside the render step. */
export function requireInstance<T>(
  subject: Subject,
  property: string,
  value: unknown,
  // The constructors of value classes are private: only `instanceof` is needed of them.
  type: { readonly prototype: T; readonly name: string },
  example: string,
): T {
  if (typeof value === 'object' && value !== null && type.prototype !== undefined) {
    if (Object.prototype.isPrototypeOf.call(type.prototype as object, value)) return value as T;
  }
  return refuse(subject, property, value, `a ${type.name}, e.g. ${example}`);
}
