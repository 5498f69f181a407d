import { type Tensor } from '../../../runtime/tensor/tensor';
import { counting, fromNumbers, toNested } from '../../fixtures/numbers';
import { flowOf, format, writtenStep } from './run-step';

const pair = { a: fromNumbers('int8', [2], [1, 2]), b: fromNumbers('int8', [2], [3, 4]) };

describe('stack', () => {
  it('joins values along a new axis', () => {
    const stacked = (axis: number) =>
      toNested(
        writtenStep({ use: 'stack', with: ['b'], axis })
          .apply(flowOf(pair))
          .get('a') as Tensor,
      );
    expect(stacked(0)).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(stacked(1)).toEqual([
      [1, 3],
      [2, 4],
    ]);
    expect(stacked(-1)).toEqual(stacked(1));
  });

  it('joins texts and scalars', () => {
    const flow = flowOf({ a: counting('string', []), b: counting('string', []) });
    expect(
      toNested(
        writtenStep({ use: 'stack', with: ['b'] })
          .apply(flow)
          .get('a') as Tensor,
      ),
    ).toEqual(['text 0', 'text 0']);
  });

  it('joins the tensors of a list into a batch', () => {
    const step = writtenStep({ use: 'stack' });
    expect(toNested(step.apply(flowOf({ a: [pair.a, pair.b, pair.a] })).get('a') as Tensor)).toEqual([
      [1, 2],
      [3, 4],
      [1, 2],
    ]);
    const item = format({ dtype: 'uint8', shape: ['h', 'w', 3], layout: 'HWC' });
    expect(step.format(new Map([['a', { kind: 'list', item, length: 'n' }]])).get('a')).toEqual(
      format({ dtype: 'uint8', shape: ['n', 'h', 'w', 3], layout: 'NHWC' }),
    );
  });

  it('refuses tensors of two sizes, an empty list, and a tensor alone', () => {
    const step = writtenStep({ use: 'stack' });
    expect(() => step.apply(flowOf({ a: [pair.a, counting('int8', [3])] }))).toThrow(
      'joins values of one shape, got [2] and [3]',
    );
    expect(() => step.apply(flowOf({ a: [] }))).toThrow('cannot stack an empty list: its shape is not known');
    const alone = 'stacks a list of tensors, or a tensor with others; name the others with "with"';
    expect(() => step.format(new Map([['a', format({ shape: [2] })]]))).toThrow(alone);
    const item = format({ shape: [2] });
    expect(() =>
      writtenStep({ use: 'stack', with: ['b'] }).format(new Map([['a', { kind: 'list', item, length: 2 }]])),
    ).toThrow('stacks the tensors of a list with no others');
  });
});
