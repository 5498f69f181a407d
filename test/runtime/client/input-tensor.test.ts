import { InputError } from '../../../runtime/client/errors';
import { toInputTensor, type InputTensor } from '../../../runtime/client/input-tensor';
import { type DType } from '../../../runtime/tensor/dtype';

function refusal(input: InputTensor): string {
  try {
    toInputTensor('x', input);
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  throw new Error('was not refused');
}

describe('toInputTensor', () => {
  it('takes a tensor as it is, without a copy', () => {
    const data = Float32Array.of(1, 2);
    expect(toInputTensor('x', { dtype: 'float32', shape: [2, 1], data })).toEqual({
      dtype: 'float32',
      shape: [2, 1],
      data,
    });
    expect(toInputTensor('x', { dtype: 'float32', shape: [2], data }).data).toBe(data);
  });

  it.each<[DType, InputTensor['data'], number[], ArrayLike<unknown>]>([
    [
      'float32',
      [
        [1, 2],
        [3, 4],
      ],
      [2, 2],
      Float32Array.of(1, 2, 3, 4),
    ],
    ['float64', 1.5, [], Float64Array.of(1.5)],
    ['float16', [1, -2, Infinity], [3], Uint16Array.of(0x3c00, 0xc000, 0x7c00)],
    ['bfloat16', [1], [1], Uint16Array.of(0x3f80)],
    ['int8', [-128, 127], [2], Int8Array.of(-128, 127)],
    ['int64', [[1n], [-2]], [2, 1], BigInt64Array.of(1n, -2n)],
    ['uint64', [2n ** 64n - 1n], [1], BigUint64Array.of(2n ** 64n - 1n)],
    ['bool', [true, 0, 1, false], [4], Uint8Array.of(1, 0, 1, 0)],
    ['string', ['a', 'ü'], [2], [Buffer.from('a'), Buffer.from('ü')]],
    ['string', Buffer.from('picture'), [], [Buffer.from('picture')]],
    [
      'complex64',
      [
        [1, 2],
        [3, 4],
      ],
      [2],
      Float32Array.of(1, 2, 3, 4),
    ],
    ['int16', Int32Array.of(1, 2), [2], Int16Array.of(1, 2)],
    ['int32', [Int32Array.of(1, 2), Int32Array.of(3, 4)], [2, 2], Int32Array.of(1, 2, 3, 4)],
    ['float32', [], [0], new Float32Array(0)],
    ['float32', [[], []], [2, 0], new Float32Array(0)],
    ['uint8', Buffer.of(1, 2), [2], Buffer.of(1, 2)],
  ])('makes %s of %p', (dtype, data, shape, expected) => {
    const made = toInputTensor('x', { dtype, data });
    expect(made.shape).toEqual(shape);
    expect([...made.data]).toEqual([...(expected as ArrayLike<never>[])]);
  });

  it('lays flat values out in a shape', () => {
    expect(toInputTensor('x', { dtype: 'int32', shape: [2, 2], data: [1, 2, 3, 4] })).toEqual({
      dtype: 'int32',
      shape: [2, 2],
      data: Int32Array.of(1, 2, 3, 4),
    });
  });

  it.each<[string, InputTensor, string]>([
    ['an unknown dtype', { dtype: 'int4' as DType, data: [1] }, 'dtype must be one of float32, float64'],
    [
      'rows of different lengths',
      { dtype: 'int32', data: [[1, 2], [3]] },
      '1 items on axis 1 where the first ones have 2 items',
    ],
    ['an element among rows', { dtype: 'int32', data: [[1], 2] }, 'an element on axis 1'],
    [
      'a row among elements',
      { dtype: 'int32', data: [1, [2]] },
      '1 items on axis 1 where the first ones have an element',
    ],
    [
      'a value out of range',
      { dtype: 'uint8', data: [1, -1] },
      'element 1 must be an integer from 0 to 255, got number -1',
    ],
    ['a fraction for an integer', { dtype: 'int32', data: [1.5] }, 'got number 1.5'],
    ['an integer that is not exact', { dtype: 'int64', data: [2 ** 60] }, 'must be an integer'],
    ['NaN for an integer', { dtype: 'int32', data: [NaN] }, 'got number NaN'],
    ['text for a number', { dtype: 'float32', data: ['1'] }, 'element 0 must be a number, got string "1"'],
    ['2 for a bool', { dtype: 'bool', data: [2] }, 'element 0 must be a boolean, 0 or 1'],
    ['a number for text', { dtype: 'string', data: [1] }, 'element 0 must be text or bytes'],
    ['a complex number of one part', { dtype: 'complex64', data: [1, 2, 3] }, 'pairs [real, imaginary]'],
    [
      'too few values',
      { dtype: 'int32', shape: [2, 2], data: [1, 2, 3] },
      'shape [2, 2] has 4 elements, got 3',
    ],
    ['a negative size', { dtype: 'int32', shape: [-1], data: [1] }, 'sizes must be integers ≥ 0'],
  ])('refuses %s', (_what, input, message) => {
    expect(refusal(input)).toContain("input 'x': ");
    expect(refusal(input)).toContain(message);
  });
});
