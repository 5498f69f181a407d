import { type Axis } from '../../../runtime/formats/format';
import { counting } from '../../fixtures/numbers';
import { applyTo, formatOf, parameterProblems } from './run-step';

describe('reshape', () => {
  it.each<[number[], (number | string)[], number[]]>([
    [[2, 3], [6], [6]],
    [[2, 3], [-1], [6]],
    [
      [2, 3],
      [3, -1],
      [3, 2],
    ],
    [
      [2, 3, 4],
      [0, -1],
      [2, 12],
    ],
    [
      [2, 3, 4],
      ['rows', 4],
      [6, 4],
    ],
    [[6], [1, 0, 1].with(1, 6), [1, 6, 1]],
    [[], [1, 1], [1, 1]],
    [[1], [], []],
  ])('makes %j into %j', (from, to, expected) => {
    const input = counting('complex64', from);
    expect(applyTo(input, { use: 'reshape', shape: to })).toEqual({ ...input, shape: expected });
  });

  it.each<[Axis[], (number | string)[], Axis[]]>([
    [
      ['n', 9, 4],
      [0, -1],
      ['n', 36],
    ],
    [
      ['n', 9, 4],
      [-1, 36],
      ['n', 36],
    ],
    [
      ['n', 9, 4],
      [-1, 4],
      ['9*n', 4],
    ],
    [
      ['n', 9, 4],
      ['rows', 4],
      ['rows', 4],
    ],
    [['n', 'm'], [-1], ['n*m']],
    [
      ['n', 6],
      [2, 3],
      [2, 3],
    ],
  ])('makes a format %j into one %j', (from, to, expected) => {
    expect(formatOf({ dtype: 'int8', shape: from }, { use: 'reshape', shape: to }).shape).toEqual(expected);
  });

  it.each<[number[], (number | string)[], string]>([
    [[2, 3], [7], 'cannot make [2, 3] into [7]: the numbers of elements differ'],
    [[2, 3], [4, -1], 'cannot make [2, 3] into [4, -1]: the sizes do not divide its number of elements'],
    [[2], [2, 0], 'cannot make [2] into [2, 0]: there is no axis 1 to keep'],
  ])('refuses to make %j into %j', (from, to, message) => {
    expect(() => formatOf({ shape: from }, { use: 'reshape', shape: to })).toThrow(message);
    expect(() => applyTo(counting('int8', from), { use: 'reshape', shape: to })).toThrow(message);
  });

  it('leaves one axis open at most', () => {
    expect(parameterProblems('reshape', { shape: [-1, 'n'] })).toEqual([
      'shape: may leave one axis open, by -1 or by a name',
    ]);
    expect(parameterProblems('reshape', { shape: [-2] })).toEqual([
      'shape[0]: expected at least -1, got number -2',
    ]);
  });
});
