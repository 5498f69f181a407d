import { counting } from '../../fixtures/numbers';
import { flowOf, format, writtenStep } from './run-step';

describe('rename', () => {
  it('gives a value another name, in its place', () => {
    const a = counting('string', [1]);
    const b = counting('int8', []);
    expect([...writtenStep({ use: 'rename', to: 'c' }).apply(flowOf({ a, b }))]).toEqual([
      ['c', a],
      ['b', b],
    ]);
    expect([...writtenStep({ use: 'rename', to: 'a' }).apply(flowOf({ a }))]).toEqual([['a', a]]);
  });

  it('refuses a name that is taken, and two names', () => {
    const flow = new Map([
      ['a', format({ dtype: 'int8', shape: [] })],
      ['b', format({ dtype: 'int8', shape: [] })],
    ]);
    expect(() => writtenStep({ use: 'rename', to: 'b' }).format(flow)).toThrow(
      'there is a value "b" already',
    );
    expect(() => writtenStep({ use: 'rename', to: 'c', as: 'd' }).format(flow)).toThrow(
      'is told two names, as "d" and to "c"',
    );
  });
});
