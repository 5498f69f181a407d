import { CallError, PredictionError, type Answer } from '../../../../runtime/client';
import { formatAnswer } from '../../../../runtime/cli/inference/print-answer';
import { tensor, type Tensor } from '../../../../runtime/tensor/tensor';

const answerOf = (outputs: Record<string, Tensor>): Answer => ({ index: 3, outputs });
const jsonOf = (value: Tensor): unknown =>
  (JSON.parse(formatAnswer(answerOf({ x: value }), 'json')) as { outputs: { x: { data: unknown } } }).outputs
    .x.data;

describe('an answer as JSON', () => {
  it('has its outputs with dtype, shape and nested data', () => {
    const answer = answerOf({ prediction: tensor('float32', [1, 2], Float32Array.of(0.96048, 2)) });
    expect(JSON.parse(formatAnswer(answer, 'json'))).toEqual({
      index: 3,
      outputs: { prediction: { dtype: 'float32', shape: [1, 2], data: [[0.96048, 2]] } },
    });
  });

  it.each<[Tensor, unknown]>([
    [tensor('float32', [3], Float32Array.of(NaN, -Infinity, 0.1)), ['NaN', '-Infinity', 0.1]],
    [tensor('float16', [1], Uint16Array.of(0x3e00)), [1.5]],
    [tensor('int64', [2], BigInt64Array.of(5n, 2n ** 60n)), [5, '1152921504606846976']],
    [tensor('bool', [2], Uint8Array.of(1, 0)), [true, false]],
    [tensor('complex64', [1], Float32Array.of(1, 2)), [[1, 2]]],
    [tensor('string', [2], [Buffer.from('ü'), Buffer.of(0xff)]), ['ü', { base64: '/w==' }]],
    [tensor('int8', [], Int8Array.of(-3)), -3],
    [tensor('int8', [0, 2], new Int8Array(0)), []],
  ])('spells %o', (value, expected) => {
    expect(jsonOf(value)).toEqual(expected);
  });

  it('has the error of a request that failed', () => {
    const error = new PredictionError({
      code: 'INVALID_ARGUMENT',
      message: 'too short',
      step: 'preprocessing[0]',
    });
    expect(JSON.parse(formatAnswer({ index: 0, error }, 'json'))).toEqual({
      index: 0,
      error: { code: 'INVALID_ARGUMENT', message: 'too short', step: 'preprocessing[0]' },
    });
  });
});

describe('an answer for a person', () => {
  it('is one line: single values alone, several with dtype and shape, many cut', () => {
    expect(
      formatAnswer(answerOf({ prediction: tensor('float32', [1], Float32Array.of(0.25)) }), 'table'),
    ).toBe('     3  prediction 0.25');
    const many = tensor(
      'int32',
      [2, 6],
      Int32Array.from({ length: 12 }, (_, index) => index),
    );
    expect(formatAnswer(answerOf({ a: many, b: tensor('int8', [0], new Int8Array(0)) }), 'table')).toBe(
      '     3  a int32 [2, 6] 0 1 2 3 4 5 6 7 … (12)  b int8 [0] ',
    );
    expect(formatAnswer({ index: 1, error: new CallError('UNAVAILABLE', 'gone') }, 'table')).toBe(
      '     1  UNAVAILABLE: gone',
    );
  });
});
