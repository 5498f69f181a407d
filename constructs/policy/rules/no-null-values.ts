import { type PolicyRule } from '../policy-rule';

/** A quantity or a port that a serializer did not know becomes null, and Kubernetes then takes its default. */
export const noNullValues: PolicyRule = {
  name: 'no-null-values',
  recommendation: 'A null says that a value was lost on its way into the manifest.',
  fix: 'Give the value in its right type, or leave the field out.',
  find: (object) => nulls(object, ''),
};

function nulls(value: unknown, path: string): string[] {
  if (value === null) return [path];
  if (typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, inner]) => nulls(inner, path === '' ? key : `${path}/${key}`));
}
