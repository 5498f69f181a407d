import { refuse, type Subject } from './checks';

const KEY =
  /^([a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\/)?[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/;
const VALUE = /^([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)?$/;
/** Bytes of all annotations of an object together. */
const ANNOTATIONS_LIMIT = 256 * 1024;

/** Keys of labels, annotations and taints. */
export function requireKey(subject: Subject, property: string, key: string): string {
  const [name = '', prefix = ''] = String(key).split('/').reverse();
  if (typeof key === 'string' && KEY.test(key) && name.length <= 63 && prefix.length <= 253) return key;
  return refuse(
    subject,
    property,
    key,
    'a key such as example.com/pool: letters, digits and - . _, not at the ends, at most 63 after the slash',
  );
}

/** Values of labels and taints. */
export function requireLabelValue(subject: Subject, property: string, value: string): string {
  if (typeof value === 'string' && value.length <= 63 && VALUE.test(value)) return value;
  return refuse(subject, property, value, 'a text of letters, digits and - . _, not at the ends, at most 63');
}

export function requireLabels(
  subject: Subject,
  property: string,
  labels: Readonly<Record<string, string>>,
): Record<string, string> {
  for (const [key, value] of Object.entries(requireMap(subject, property, labels))) {
    requireKey(subject, property, key);
    requireLabelValue(subject, `${property}.${key}`, value);
  }
  return { ...labels };
}

export function requireAnnotations(
  subject: Subject,
  property: string,
  annotations: Readonly<Record<string, string>>,
): Record<string, string> {
  let size = 0;
  for (const [key, value] of Object.entries(requireMap(subject, property, annotations))) {
    // The API compares the keys of annotations without regard to case.
    requireKey(subject, property, key.toLowerCase());
    if (typeof value !== 'string') refuse(subject, `${property}.${key}`, value, "a text, e.g. 'true'");
    size += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (size > ANNOTATIONS_LIMIT)
    refuse(subject, property, `${size} bytes`, `at most ${ANNOTATIONS_LIMIT} bytes`);
  return { ...annotations };
}

function requireMap<T extends object>(subject: Subject, property: string, value: T): T {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  return refuse(subject, property, value, "texts by their keys, e.g. { 'example.com/team': 'vision' }");
}
