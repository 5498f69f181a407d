import { conformInput, type SymbolSizes } from '../../../runtime/pipeline/conform';
import { type TensorFormat } from '../../../runtime/formats/format';
import { tensor, type Tensor } from '../../../runtime/tensor/tensor';

const samples: TensorFormat = { kind: 'tensor', dtype: 'int16', shape: [2, 'n'] };

function conform(value: Tensor, format = samples, sizes: SymbolSizes = new Map()): Tensor {
  return conformInput('array', value, format, 'integers', sizes);
}

describe('conformInput', () => {
  it('passes a tensor of the declared dtype and shape on as it is', () => {
    const sent = tensor('int16', [2, 1], Int16Array.of(1, -2));
    expect(conform(sent)).toBe(sent);
  });

  it.each([
    ['int32', Int32Array.of(-32768, 32767)],
    ['uint8', Uint8Array.of(0, 255)],
    ['int64', BigInt64Array.of(-32768n, 32767n)],
    ['uint64', BigUint64Array.of(0n, 32767n)],
  ] as const)('takes %s for int16 while every value fits', (dtype, data) => {
    const result = conform(tensor(dtype, [2, 1], data as never));
    expect(result).toEqual(tensor('int16', [2, 1], Int16Array.from(Array.from(data, Number))));
  });

  it('widens to int64 exactly', () => {
    const format: TensorFormat = { kind: 'tensor', dtype: 'int64', shape: [2] };
    expect(conform(tensor('int32', [2], Int32Array.of(-1, 7)), format).data).toEqual(
      BigInt64Array.of(-1n, 7n),
    );
  });

  it('refuses a value that does not fit, naming it, its index and the range', () => {
    expect(() => conform(tensor('int32', [2, 1], Int32Array.of(5, 32768)))).toThrow(
      "input 'array': value 32768 at index 1 is no int16 (whole numbers from -32768 to 32767)",
    );
    expect(() => conform(tensor('uint64', [2, 1], BigUint64Array.of(2n ** 63n, 0n)))).toThrow(
      'value 9223372036854775808',
    );
  });

  it('refuses floats for integers over the Extended service and takes whole ones over the Basic', () => {
    const floats = tensor('float32', [2, 1], Float32Array.of(3, -4));
    expect(() => conform(floats)).toThrow("input 'array': expected dtype int16, got float32");
    expect(conformInput('array', floats, samples, 'numbers', new Map()).data).toEqual(Int16Array.of(3, -4));
    for (const value of [0.5, NaN, Infinity]) {
      const sent = tensor('float32', [2, 1], Float32Array.of(value, 1));
      expect(() => conformInput('array', sent, samples, 'numbers', new Map())).toThrow(
        `value ${value} at index 0`,
      );
    }
  });

  it.each([
    ['float32', Float32Array.of(5, -16777216), undefined],
    ['float64', Float64Array.of(5, -16777216), undefined],
    ['float16', undefined, Uint16Array.of(0x4500, 0xc400)],
    ['bfloat16', undefined, Uint16Array.of(0x40a0, 0xc080)],
  ] as const)('takes whole numbers of any integer dtype for %s', (dtype, floats, bits) => {
    const format: TensorFormat = { kind: 'tensor', dtype, shape: [2] };
    const numbers = floats ? [5, -16777216] : [5, -4];
    const expected = tensor(dtype, [2], (floats ?? bits) as never);
    expect(conform(tensor('int32', [2], Int32Array.from(numbers)), format)).toEqual(expected);
    const big = BigInt64Array.from(numbers.map(BigInt));
    expect(conform(tensor('int64', [2], big), format)).toEqual(expected);
    expect(conform(tensor('uint8', [2], Uint8Array.of(0, 0)), format).dtype).toBe(dtype);
  });

  it.each([
    ['float32', tensor('int32', [2], Int32Array.of(1, 16777217)), '16777217 at index 1'],
    ['float64', tensor('int64', [1], BigInt64Array.of(2n ** 53n + 1n)), '9007199254740993 at index 0'],
    ['float16', tensor('int32', [1], Int32Array.of(70_000)), '70000 at index 0'],
    ['float16', tensor('uint64', [1], BigUint64Array.of(2n ** 64n - 1n)), '18446744073709551615 at index 0'],
    ['bfloat16', tensor('int16', [1], Int16Array.of(257)), '257 at index 0'],
  ] as const)('refuses a whole number that %s does not hold exactly', (dtype, sent, value) => {
    const format: TensorFormat = { kind: 'tensor', dtype, shape: ['n'] };
    expect(() => conform(sent, format)).toThrow(
      `input 'array': value ${value} is no ${dtype} (whole numbers are taken that ${dtype} holds exactly)`,
    );
  });

  it('takes no other dtype for a float one', () => {
    const format: TensorFormat = { kind: 'tensor', dtype: 'float32', shape: [1] };
    for (const sent of [tensor('bool', [1], Uint8Array.of(1)), tensor('float64', [1], Float64Array.of(1))]) {
      expect(() => conform(sent, format)).toThrow(`expected dtype float32, got ${sent.dtype}`);
    }
  });

  it('refuses another shape, naming both', () => {
    expect(() => conform(tensor('int16', [1, 2], Int16Array.of(1, 2)))).toThrow(
      "input 'array': expected shape [2, n], got [1, 2]",
    );
  });

  it('holds a symbol to one size within a request', () => {
    const sizes: SymbolSizes = new Map([['n', 3]]);
    expect(() => conform(tensor('int16', [2, 1], Int16Array.of(1, 2)), samples, sizes)).toThrow(
      'expected shape [2, n] where n = 3, got [2, 1]',
    );
  });

  it('takes any numbers where no dtype is declared, but no strings', () => {
    const open: TensorFormat = { kind: 'tensor', shape: [1] };
    const sent = tensor('float64', [1], Float64Array.of(NaN));
    expect(conform(sent, open)).toBe(sent);
    expect(() => conform(tensor('string', [1], [new Uint8Array(1)]), open)).toThrow(
      'expected dtype of numbers, got string',
    );
  });
});
