import { z } from 'zod';
import { describeFound, parseWith } from '../../../contracts/program/schema-problems';

function problemsOf(schema: z.ZodType, value: unknown): string[] {
  const result = parseWith(schema, value);
  return 'problems' in result ? result.problems.map(({ path, message }) => `${path}: ${message}`) : [];
}

describe('parseWith', () => {
  it('gives the value with its defaults', () => {
    expect(parseWith(z.strictObject({ a: z.int().default(3) }), {})).toEqual({ value: { a: 3 } });
  });

  it('tells of a union what the branch that was meant expects', () => {
    const schema = z.union([
      z.literal(false),
      z.strictObject({ size: z.int().max(9) }),
      z.array(z.boolean()),
    ]);
    expect(problemsOf(schema, { size: 10 })).toEqual(['size: expected at most 9, got number 10']);
    expect(problemsOf(schema, { siez: 1, size: 2 })).toEqual([
      'siez: is unknown; did you mean "size"?; allowed: size',
    ]);
    expect(problemsOf(schema, [true, 1])).toEqual(['[1]: expected boolean, got number 1']);
    expect(problemsOf(schema, 'x')).toEqual([': expected false or map or list, got string "x"']);
  });

  it('adds what was found to the sentence of the schema itself', () => {
    const schema = z.strictObject({ a: z.string().regex(/^b/, 'starts with b') });
    expect(problemsOf(schema, { a: 'c' })).toEqual(['a: starts with b, got string "c"']);
  });

  it('says limits as they are', () => {
    expect(problemsOf(z.number().gt(0), 0)).toEqual([': expected more than 0, got number 0']);
    expect(problemsOf(z.number().lt(0), 0)).toEqual([': expected less than 0, got number 0']);
    expect(problemsOf(z.string().max(2), 'abc')).toEqual([
      ': expected at most 2 characters, got string "abc"',
    ]);
    expect(problemsOf(z.array(z.int()).min(2), [1])).toEqual([
      ': expected at least 2 entries, got a list of 1',
    ]);
  });

  it('says when nothing is allowed', () => {
    expect(problemsOf(z.strictObject({}), { a: 1 })).toEqual(['a: is unknown; nothing is allowed here']);
  });
});

describe('describeFound', () => {
  it.each([
    [undefined, 'nothing'],
    [null, 'null'],
    [true, 'boolean true'],
    [10n, 'bigint 10'],
    [[], 'a list of 0'],
    [{}, 'a map'],
    [() => 1, 'a function'],
    ['x'.repeat(70), `string "${'x'.repeat(60)}…"`],
  ])('tells %p as %s', (value, expected) => {
    expect(describeFound(value)).toBe(expected);
  });
});
