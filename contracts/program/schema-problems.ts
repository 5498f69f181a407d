import { type z } from 'zod';
import { type Problem } from './problem';
import { formatPath } from './document-path';
import { didYouMean } from '../names/nearest-name';

type Issue = z.core.$ZodIssue;
type RawIssue = z.core.$ZodRawIssue;

const EXPECTED: Readonly<Record<string, string>> = {
  int: 'integer',
  array: 'list',
  object: 'map',
  record: 'map',
};

/** What was found, for a message: `string "a"`, `a list of 3`. */
export function describeFound(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object') return 'a map';
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') {
    return `${typeof value} ${value}`;
  }
  if (typeof value !== 'string') return `a ${typeof value}`;
  return `string ${JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)}`;
}

const SIZE_UNITS: Readonly<Record<string, readonly [one: string, many: string]>> = {
  string: [' character', ' characters'],
  array: [' entry', ' entries'],
};

function limitOf(issue: Extract<Issue, { code: 'too_small' | 'too_big' }>): string {
  const limit = issue.code === 'too_small' ? issue.minimum : issue.maximum;
  const unit = SIZE_UNITS[issue.origin]?.[Number(limit) === 1 ? 0 : 1] ?? '';
  if (issue.code === 'too_small') {
    return `${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}${unit}`;
  }
  return `${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}${unit}`;
}

/** Marks messages made here, as opposed to those that a schema defines. */
const OURS = '\u0001';

/** What the schema allows where the issue is; `undefined` for kinds of issues that are worded elsewhere. */
function expectedOf(issue: Issue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.message === `${OURS}integer`) return 'integer';
      return EXPECTED[issue.expected] ?? issue.expected;
    case 'invalid_value': {
      const values = (issue.values as unknown[]).map(String);
      return values.length === 1 ? values[0] : `one of ${values.join(', ')}`;
    }
    case 'too_small':
    case 'too_big':
      return limitOf(issue);
    case 'invalid_format':
      return issue.format === 'regex' ? `text that matches ${issue.pattern}` : issue.format;
    default:
      return undefined;
  }
}

/**
 * The message of an issue carries what only the schema knows, and only while it checks: the keys that a strict object
 * allows, and that a number must be an integer.
 */
function noteSchema({ code, inst }: RawIssue): string {
  if (code === 'unrecognized_keys') {
    return OURS + Object.keys((inst as unknown as z.ZodObject)._zod.def.shape).join('\n');
  }
  const isInteger = code === 'invalid_type' && (inst as z.ZodNumberFormat)._zod.def.format === 'safeint';
  return OURS + (isInteger ? 'integer' : '');
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    root,
  );
}

function expectation(expected: string, found: unknown, values: readonly string[] = []): string {
  if (found === undefined) return `is missing; expected ${expected}`;
  const quoted = expected === 'string' && ['number', 'boolean'].includes(typeof found);
  const hint = quoted ? '; put it in quotes' : typeof found === 'string' ? didYouMean(found, values) : '';
  return `expected ${expected}, got ${describeFound(found)}${hint}`;
}

function unknownKeys(issue: Extract<Issue, { code: 'unrecognized_keys' }>): Problem[] {
  const allowed = issue.message.slice(OURS.length).split('\n').filter(Boolean);
  const list = allowed.length > 0 ? `; allowed: ${allowed.join(', ')}` : '; nothing is allowed here';
  return issue.keys.map((key) => ({
    path: formatPath([...issue.path, key]),
    message: `is unknown${didYouMean(key, allowed)}${list}`,
  }));
}

/** Whether a branch of a union is of another kind altogether than the value. */
function isOtherKind(issues: readonly Issue[]): boolean {
  return issues.some(
    ({ code, path }) => path.length === 0 && (code === 'invalid_type' || code === 'invalid_value'),
  );
}

/** Of a union: the problems of the branch that was meant, or what all of them expect. */
function unionProblems(issue: Extract<Issue, { code: 'invalid_union' }>, root: unknown): Problem[] {
  const meant = issue.errors.find((issues) => !isOtherKind(issues));
  if (meant) {
    return meant.flatMap((inner) => problemsOf({ ...inner, path: [...issue.path, ...inner.path] }, root));
  }
  const expected = new Set(
    issue.errors.flatMap((issues) => issues.flatMap((inner) => expectedOf(inner) ?? [])),
  );
  return [
    {
      path: formatPath(issue.path),
      message: expectation([...expected].join(' or '), valueAt(root, issue.path)),
    },
  ];
}

function problemsOf(issue: Issue, root: unknown): Problem[] {
  const path = formatPath(issue.path);
  const found = valueAt(root, issue.path);
  if (!issue.message.startsWith(OURS)) {
    const complete = issue.code === 'custom';
    return [{ path, message: complete ? issue.message : `${issue.message}, got ${describeFound(found)}` }];
  }
  if (issue.code === 'unrecognized_keys') return unknownKeys(issue);
  if (issue.code === 'invalid_union') return unionProblems(issue, root);
  if (issue.code === 'invalid_key') {
    const reasons = issue.issues.map((inner) => expectedOf(inner) ?? 'another name');
    return [{ path, message: `is no allowed name; expected ${reasons.join(', ')}` }];
  }
  const expected = expectedOf(issue);
  const values = issue.code === 'invalid_value' ? issue.values.map(String) : [];
  return [{ path, message: expected ? expectation(expected, found, values) : 'is not allowed' }];
}

/** The value as the schema completes it, or one problem for each thing that is wrong with it. */
export function parseWith<S extends z.ZodType>(
  schema: S,
  value: unknown,
): { readonly value: z.output<S> } | { readonly problems: readonly Problem[] } {
  const dropped = prototypeKeys(value);
  if (dropped.length > 0) return { problems: dropped };
  const result = schema.safeParse(value, { error: noteSchema });
  if (result.success) return { value: result.data };
  return { problems: result.error.issues.flatMap((issue) => problemsOf(issue, value)) };
}

/** Keys that JSON and YAML may have, but schemas drop without a word. */
function prototypeKeys(value: unknown, path: readonly (string | number)[] = []): Problem[] {
  if (typeof value !== 'object' || value === null) return [];
  const found = Object.hasOwn(value, '__proto__')
    ? [{ path: formatPath([...path, '__proto__']), message: 'is no name that is allowed' }]
    : [];
  const entries: [string | number, unknown][] = Array.isArray(value)
    ? value.map((each, index) => [index, each])
    : Object.entries(value).filter(([key]) => key !== '__proto__');
  return [...found, ...entries.flatMap(([key, each]) => prototypeKeys(each, [...path, key]))];
}
