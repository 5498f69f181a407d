import fc from '../../../../fixtures/fast-check';
import { encodeBasicResponse } from '../../../../../runtime/services/basic/message';
import { encodeExtendedResponse } from '../../../../../runtime/services/extended/message';
import { toTensorProto } from '../../../../../runtime/grpc/tensors/converters';
import { tensor } from '../../../../../runtime/tensor/tensor';
import { AnswerScanner } from '../../../../../scripts/benchmark/driver/connection/answer-scanner';
import { frame } from '../../../../../scripts/benchmark/driver/requests/frame';

const { assert, array, integer, nat, option, property, record, string } = fc;

interface Seen {
  readonly id: number;
  readonly error?: string;
}

function scan(chunks: readonly Buffer[]): Seen[] {
  const seen: Seen[] = [];
  const scanner = new AnswerScanner((id, error) =>
    seen.push(error === undefined ? { id } : { id, error: `${error.code} ${error.message}` }),
  );
  for (const chunk of chunks) scanner.push(chunk);
  return seen;
}

/** The bytes in pieces that end at these places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return ends.map((end, index) => bytes.subarray(index === 0 ? 0 : ends[index - 1], end));
}

function answer(id: number, values: number, error?: string): Buffer {
  const proto = toTensorProto(tensor('float32', [values], new Float32Array(values).fill(3)));
  return frame(
    error === undefined
      ? encodeExtendedResponse({ id, tensors: values === 0 ? [] : [['y', proto]] })
      : encodeExtendedResponse({ id, tensors: [], error: { code: 'INTERNAL', message: error, step: '' } }),
  );
}

describe('AnswerScanner', () => {
  it('finds every answer and error, however the bytes are cut into pieces', () => {
    const one = record({ id: integer(), values: nat(400), error: option(string(), { nil: undefined }) });
    assert(
      property(array(one, { maxLength: 8 }), array(nat(), { maxLength: 30 }), (answers, places) => {
        const bytes = Buffer.concat(answers.map(({ id, values, error }) => answer(id, values, error)));
        const expected = answers.map(({ id, error }) =>
          error === undefined ? { id } : { id, error: `INTERNAL ${error}` },
        );
        expect(scan(cut(bytes, places))).toEqual(expected);
      }),
    );
  });

  it('finds answers that come a byte at a time', () => {
    const bytes = Buffer.concat([answer(1, 3), answer(0, 0), answer(300, 0, 'no'), answer(-1, 1)]);
    expect(scan([...bytes].map((byte) => Buffer.of(byte)))).toEqual([
      { id: 1 },
      { id: 0 },
      { id: 300, error: 'INTERNAL no' },
      { id: -1 },
    ]);
  });

  it('reads the answers of the Basic service as well', () => {
    const shape = Int32Array.of(1, 1);
    const good = encodeBasicResponse({ id: 4, tensor: { array: Float32Array.of(0.5), shape } });
    const bad = encodeBasicResponse({ id: 5, error: { code: 'NOT_FOUND', message: 'x', step: '' } });
    expect(scan([frame(good), frame(bad)])).toEqual([{ id: 4 }, { id: 5, error: 'NOT_FOUND x' }]);
  });

  it.each([
    ['a compressed message', Buffer.of(1, 0, 0, 0, 1, 8), 'compressed'],
    ['a field that is longer than its message', frame(Buffer.of(0x12, 100, 1)), 'longer than its answer'],
    ['a message that ends within a field', frame(Buffer.of(0x08)), 'in the middle of a field'],
    ['a group', frame(Buffer.of(0x0b)), 'wire type 3'],
    ['an endless number', frame(Buffer.alloc(20, 0xff)), 'more than ten bytes'],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => scan([bytes])).toThrow(message);
  });
});
