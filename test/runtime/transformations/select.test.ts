import { counting } from '../../fixtures/numbers';
import { flowOf, format, parameterProblems, writtenStep } from './run-step';

describe('select', () => {
  it('keeps the named values in the order of their names', () => {
    const [a, b, c] = [counting('int8', []), counting('int16', []), counting('string', [])];
    expect([...writtenStep({ use: 'select', values: ['c', 'a'] }).apply(flowOf({ a, b, c }))]).toEqual([
      ['c', c],
      ['a', a],
    ]);
  });

  it('refuses a value that is not there, and names twice', () => {
    const flow = new Map([['a', format({ dtype: 'int8', shape: [] })]]);
    expect(() => writtenStep({ use: 'select', values: ['a', 'x'] }).format(flow)).toThrow(
      'there is no value "x"; there are: a',
    );
    expect(parameterProblems('select', { values: ['a', 'a'] })).toEqual([
      'values: must name each value once',
    ]);
  });
});
