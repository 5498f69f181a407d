import fc from '../../fixtures/fast-check';
import { castTensor } from '../../../runtime/tensor/cast';
import { integerRange, isInteger, type DType, type IntegerDType } from '../../../runtime/tensor/dtype';
import { tensor, type Tensor } from '../../../runtime/tensor/tensor';
import { elementsOf, fromNumbers, NUMBER_DTYPES } from '../../fixtures/numbers';

const floats = (...values: number[]): Tensor => tensor('float64', [values.length], Float64Array.from(values));
const values = (input: Tensor): (number | bigint)[] => [...(input.data as Iterable<number | bigint>)];

describe('castTensor', () => {
  it('gives back a tensor that has the dtype already', () => {
    const input = floats(1);
    expect(castTensor(input, 'float64')).toBe(input);
  });

  it('cuts off fractions towards zero', () => {
    expect(values(castTensor(floats(1.9, -1.9, 0.5, -0.5), 'int32'))).toEqual([1, -1, 0, 0]);
    expect(values(castTensor(floats(255.99, -0.99), 'uint8'))).toEqual([255, 0]);
    expect(values(castTensor(floats(1.9, -1.9, -0.5), 'int64'))).toEqual([1n, -1n, 0n]);
  });

  it.each(NUMBER_DTYPES.filter(isInteger))('holds the whole range of %s and nothing beyond', (dtype) => {
    const [least, most] = integerRange(dtype);
    const exact = (value: bigint): number => Number(value);
    expect(BigInt(elementsOf(castTensor(floats(exact(least)), dtype))[0])).toBe(least);
    // The largest 64-bit integers are no doubles; the next double below is what a double can say.
    const largest = exact(most) > 2 ** 53 ? exact(most) - 2 ** (Math.log2(exact(most)) - 53) : exact(most);
    expect(elementsOf(castTensor(floats(largest), dtype))[0]).toBe(largest);
    const message = `does not fit ${dtype} (${least} to ${most})`;
    for (const value of [exact(least) * 2 - 1, exact(most) + 1, NaN, Infinity, -Infinity]) {
      expect(() => castTensor(floats(0, value), dtype)).toThrow(`value ${value} of element 1 ${message}`);
    }
  });

  it('converts between the 64-bit integers exactly', () => {
    const big = BigInt64Array.of(2n ** 63n - 1n, 0n, 9007199254740993n);
    const unsigned = castTensor(tensor('int64', [3], big), 'uint64');
    expect(values(unsigned)).toEqual([...big]);
    expect(values(castTensor(unsigned, 'int64'))).toEqual([...big]);
    expect(() => castTensor(tensor('int64', [1], BigInt64Array.of(-1n)), 'uint64')).toThrow(
      'value -1 of element 0 does not fit uint64',
    );
    expect(() => castTensor(tensor('uint64', [1], BigUint64Array.of(2n ** 63n)), 'int64')).toThrow(
      'value 9223372036854775808 of element 0 does not fit int64',
    );
  });

  it('reads 64-bit integers as the nearest double, as Number() does', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        const [got] = values(castTensor(tensor('int64', [1], BigInt64Array.of(value)), 'float64'));
        expect(got).toBe(Number(value));
        const positive = BigInt.asUintN(64, value);
        const [unsigned] = values(castTensor(tensor('uint64', [1], BigUint64Array.of(positive)), 'float64'));
        expect(unsigned).toBe(Number(positive));
      }),
    );
  });

  it('keeps infinities and NaN between floats, and refuses a number that would become one', () => {
    for (const dtype of ['float32', 'float16', 'bfloat16'] as const) {
      const kept = elementsOf(castTensor(floats(Infinity, -Infinity, NaN), dtype));
      expect(kept).toEqual([Infinity, -Infinity, NaN]);
      expect(() => castTensor(floats(1e300), dtype)).toThrow(
        `value 1e+300 of element 0 does not fit ${dtype}`,
      );
    }
    expect(() => castTensor(floats(65520), 'float16')).toThrow('(-65504 to 65504, infinities and NaN)');
    expect(elementsOf(castTensor(floats(65519), 'float16'))).toEqual([65504]);
  });

  it('makes bool of everything but 0', () => {
    expect(values(castTensor(floats(0, -0, 1, -3, 0.1, NaN), 'bool'))).toEqual([0, 0, 1, 1, 1, 1]);
  });

  it('brings back what both dtypes can hold, for every pair of dtypes', () => {
    for (const from of NUMBER_DTYPES) {
      for (const to of NUMBER_DTYPES) {
        const input = fromNumbers(from, [4], [0, 1, 1, 0]);
        const back = castTensor(castTensor(input, to), from);
        expect(back).toEqual(input);
      }
    }
  });

  it.each(['string', 'complex64'] as const)('refuses %s on either side', (dtype: DType) => {
    const other =
      dtype === 'string'
        ? tensor('string', [1], [new Uint8Array()])
        : tensor('complex64', [1], new Float32Array(2));
    expect(() => castTensor(other, 'float32')).toThrow(`needs numbers, got ${dtype}`);
    expect(() => castTensor(floats(1), dtype)).toThrow(`needs numbers, got ${dtype}`);
  });

  it('does not change its input', () => {
    const input = fromNumbers('int16', [3], [1, -2, 3]);
    const before = input.data.slice();
    for (const dtype of NUMBER_DTYPES.filter((each): each is IntegerDType => each !== 'int16')) {
      if (!['uint8', 'uint16', 'uint32', 'uint64'].includes(dtype)) castTensor(input, dtype);
    }
    expect(input.data).toEqual(before);
  });
});
