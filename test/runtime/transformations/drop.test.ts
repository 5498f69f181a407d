import { counting } from '../../fixtures/numbers';
import { flowOf, format, writtenStep } from './run-step';

describe('drop', () => {
  it('drops the named values', () => {
    const [a, b, c] = [counting('int8', []), counting('int16', []), counting('string', [])];
    expect([...writtenStep({ use: 'drop', values: ['c', 'a'] }).apply(flowOf({ a, b, c }))]).toEqual([
      ['b', b],
    ]);
  });

  it('refuses a value that is not there, and to drop all', () => {
    const flow = new Map([['a', format({ dtype: 'int8', shape: [] })]]);
    expect(() => writtenStep({ use: 'drop', values: ['x'] }).format(flow)).toThrow(
      'there is no value "x"; there are: a',
    );
    expect(() => writtenStep({ use: 'drop', values: ['a'] }).format(flow)).toThrow('would leave no value');
  });
});
