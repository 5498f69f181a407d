import { tensor, type Tensor } from '../../../runtime/tensor/tensor';
import { counting, elementsOf, fromNumbers, toNested } from '../../fixtures/numbers';
import { flowOf, format, writtenStep } from './run-step';

function append(a: Tensor, b: Tensor, parameters: Record<string, unknown> = {}): Tensor {
  const flow = writtenStep({ use: 'append-column', column: 'b', ...parameters }).apply(flowOf({ a, b }));
  expect([...flow.keys()]).toEqual(['a']);
  return flow.get('a') as Tensor;
}

describe('append-column', () => {
  it('appends the lengths that vector-length added, and drops them', () => {
    const flow = writtenStep({ use: 'vector-length' }).apply(
      flowOf({ a: fromNumbers('float32', [2, 2], [3, 4, 5, 12]) }),
    );
    const result = writtenStep({ use: 'append-column' }).apply(flow);
    expect([...result.keys()]).toEqual(['a']);
    expect(toNested(result.get('a') as Tensor)).toEqual([
      [3, 4, 5],
      [5, 12, 13],
    ]);
  });

  it('appends along any axis, with or without the axis in the column', () => {
    const matrix = fromNumbers('int64', [2, 2], [1, 2, 3, 4]);
    const row = fromNumbers('int64', [2], [8, 9]);
    const expected = [
      [1, 2],
      [3, 4],
      [8, 9],
    ];
    expect(toNested(append(matrix, row, { axis: 0 }))).toEqual(expected);
    expect(toNested(append(matrix, fromNumbers('int64', [1, 2], [8, 9]), { axis: -2 }))).toEqual(expected);
  });

  it('appends long rows', () => {
    const result = append(counting('complex64', [2, 100]), counting('complex64', [100]), { axis: 0 });
    expect(elementsOf(result)).toEqual([
      ...elementsOf(counting('complex64', [2, 100])),
      ...elementsOf(counting('complex64', [100])),
    ]);
  });

  it('appends texts', () => {
    const texts = (...values: string[]) =>
      tensor(
        'string',
        [1, values.length],
        values.map((value) => Buffer.from(value)),
      );
    expect(elementsOf(append(texts('a', 'b'), texts('c')))).toEqual(['a', 'b', 'c']);
  });

  it('lets numbers of two dtypes meet in a float one', () => {
    const result = append(fromNumbers('int32', [1, 1], [7]), fromNumbers('float32', [1], [0.5]));
    expect(result).toEqual(tensor('float32', [1, 2], Float32Array.of(7, 0.5)));
    const wide = append(fromNumbers('int32', [1, 1], [7]), fromNumbers('float64', [1], [0.1]));
    expect(wide).toEqual(tensor('float64', [1, 2], Float64Array.of(7, 0.1)));
  });

  it('puts the axis that the column lacks where it is told', () => {
    const result = append(fromNumbers('int8', [1, 3], [1, 2, 3]), fromNumbers('int8', [1], [4]), {
      axis: 1,
      columnAxis: 0,
    });
    expect(toNested(result)).toEqual([[1, 2, 3, 4]]);
  });

  it('refuses a column that does not fit beside the value', () => {
    const step = writtenStep({ use: 'append-column', column: 'b' });
    const a = format({ dtype: 'float32', shape: [9, 3] });
    const withColumn = (facts: Parameters<typeof format>[0]) => () =>
      step.format(
        new Map([
          ['a', a],
          ['b', format(facts)],
        ]),
      );
    expect(withColumn({ dtype: 'float32', shape: [8] })).toThrow(
      'the column must be [9] or [9, 1] to go beside [9, 3], got [8]',
    );
    expect(withColumn({ dtype: 'string', shape: [9] })).toThrow('cannot join float32 with string');
    expect(() => append(fromNumbers('int8', [2, 1], [1, 2]), fromNumbers('int8', [3], [1, 2, 3]))).toThrow(
      'the column must be [2] or [2, 1] to go beside [2, 1], got [3]',
    );
  });

  it('refuses a column that is not there, or the value itself', () => {
    const flow = new Map([['a', format({ dtype: 'float32', shape: [9, 3] })]]);
    expect(() => writtenStep({ use: 'append-column' }).format(flow)).toThrow(
      'there is no value "a.length"; there are: a',
    );
    expect(() => writtenStep({ use: 'append-column', column: 'a' }).format(flow)).toThrow(
      'cannot append "a" to itself',
    );
  });

  it('keeps the unit only where both have it', () => {
    const step = writtenStep({ use: 'append-column', column: 'b' });
    const of = (unit: string) =>
      step
        .format(
          new Map([
            ['a', format({ dtype: 'float32', shape: ['n', 3], unit: 'millig', vectorLength: true })],
            ['b', format({ dtype: 'float32', shape: ['n'], unit })],
          ]),
        )
        .get('a');
    expect(of('millig')).toMatchObject({ shape: ['n', 4], unit: 'millig', vectorLength: true });
    expect(of('tag')).toMatchObject({ unit: undefined });
  });
});
