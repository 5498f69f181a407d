import { tensor, type Tensor } from '../../../../runtime/tensor/tensor';
import { counting } from '../../../fixtures/numbers';
import { flowOf, format, writtenStep } from '../run-step';

function split(input: Tensor, axis = 0): readonly Tensor[] {
  return writtenStep({ use: 'split-batch', axis })
    .apply(flowOf({ a: input }))
    .get('a') as readonly Tensor[];
}

describe('split-batch', () => {
  it('makes a list of views on the batch', () => {
    const batch = counting('uint8', [2, 2, 2, 3]);
    const items = split(batch);
    expect(items.map(({ shape }) => shape)).toEqual([
      [2, 2, 3],
      [2, 2, 3],
    ]);
    expect(items.flatMap(({ data }) => Array.from(data as Uint8Array))).toEqual(
      Array.from(batch.data as Uint8Array),
    );
    expect((items[1].data as Uint8Array).buffer).toBe((batch.data as Uint8Array).buffer);
  });

  it('splits along any axis, strings as well', () => {
    expect(
      split(tensor('int64', [2, 2], BigInt64Array.of(1n, 2n, 3n, 4n)), 1).map(({ data }) => data),
    ).toEqual([BigInt64Array.of(1n, 3n), BigInt64Array.of(2n, 4n)]);
    const words = ['a', 'b', 'c', 'd'].map((word) => Buffer.from(word));
    expect(
      split(tensor('string', [2, 2], words), -1).map(({ data }) => (data as Uint8Array[]).join('')),
    ).toEqual(['ac', 'bd']);
    expect(split(tensor('string', [2, 2], words)).map(({ data }) => (data as Uint8Array[]).join(''))).toEqual(
      ['ab', 'cd'],
    );
  });

  it('leaves a list format whose items lack the axis', () => {
    const step = writtenStep({ use: 'split-batch' });
    expect(
      step
        .format(new Map([['a', format({ dtype: 'uint8', shape: ['n', 4, 5, 3], layout: 'NHWC' })]]))
        .get('a'),
    ).toEqual({
      kind: 'list',
      length: 'n',
      item: format({ dtype: 'uint8', shape: [4, 5, 3], layout: 'HWC' }),
    });
  });

  it('refuses an empty batch, at load and when it arrives', () => {
    const step = writtenStep({ use: 'split-batch' });
    const message = 'has no items: a batch has at least one';
    expect(() => step.format(new Map([['a', format({ shape: [0, 4] })]]))).toThrow(message);
    expect(() => split(counting('uint8', [0, 4]))).toThrow(message);
  });

  it('refuses a list', () => {
    expect(() => writtenStep({ use: 'split-batch' }).apply(flowOf({ a: [counting('uint8', [1])] }))).toThrow(
      'splits one tensor, got a list of them',
    );
  });
});
