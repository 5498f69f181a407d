import {
  decodeExtendedRequest,
  decodeExtendedResponse,
  encodeExtendedRequest,
  encodeExtendedResponse,
} from '../../../../runtime/services/extended/message';
import { MalformedMessageError } from '../../../../runtime/grpc/codec/malformed-message-error';
import { TensorProto } from '../../../../runtime/grpc/codec/tensor-proto';

function bytes(hex: string): Buffer {
  return Buffer.from(hex.replace(/\s/g, ''), 'hex');
}

function refusal(hex: string): MalformedMessageError {
  try {
    decodeExtendedRequest(bytes(hex));
  } catch (error) {
    if (error instanceof MalformedMessageError) return error;
    throw error;
  }
  throw new Error('was not refused');
}

describe('ids', () => {
  it('reads a message without bytes as id 0 without tensors', () => {
    expect(decodeExtendedRequest(bytes(''))).toEqual({ id: 0, tensors: [] });
  });

  it('leaves id 0 away', () => {
    expect(encodeExtendedResponse({ id: 0, tensors: [] })).toHaveLength(0);
  });

  it('writes a negative id in ten bytes and reads it back', () => {
    const encoded = encodeExtendedRequest({ id: -2, tensors: [] });
    expect(encoded.toString('hex')).toBe('08feffffffffffffffff01');
    expect(decodeExtendedRequest(encoded).id).toBe(-2);
  });

  it('takes the low 32 bits of a longer varint, as protobuf does', () => {
    expect(decodeExtendedRequest(bytes('08 8180 8080 10')).id).toBe(1);
  });
});

describe('tensors', () => {
  it('takes the last of two tensors with one name', () => {
    const message = bytes('12 07 0a0161 1202 0801' + '12 07 0a0161 1202 0803');
    const { tensors } = decodeExtendedRequest(message);
    expect(tensors.map(([name, { dtype }]) => [name, dtype])).toEqual([['a', 3]]);
  });

  it('reads an entry without a value as an empty tensor', () => {
    expect(decodeExtendedRequest(bytes('12 03 0a0161')).tensors).toEqual([['a', new TensorProto()]]);
  });

  it('leaves tensor_content where it lies in the message', () => {
    const message = bytes('12 0b 0a0161 1206 2204 01020304');
    const { tensorContent } = decodeExtendedRequest(message).tensors[0][1];
    expect(tensorContent?.buffer).toBe(message.buffer);
    expect(tensorContent).toEqual(Uint8Array.of(1, 2, 3, 4));
  });

  it('keeps the bits of a NaN', () => {
    const message = bytes('12 0b 0a0161 1206 2a04 0100c07f');
    expect(encodeExtendedRequest(decodeExtendedRequest(message))).toEqual(message);
  });

  it('tells names of the same length, first and last letter apart', () => {
    const names = ['axxb', 'ayyb', 'axxb', 'azzb'];
    for (const name of names) {
      const message = encodeExtendedRequest({ id: 1, tensors: [[name, new TensorProto()]] });
      expect(decodeExtendedRequest(message).tensors[0][0]).toBe(name);
    }
  });

  it('reads values that are packed in part', () => {
    // int_val: packed [1, 2], then 3 by itself, then packed [4]
    const message = bytes('12 0e 0a0161 1209 3a020102 3803 3a0104');
    expect(decodeExtendedRequest(message).tensors[0][1].intVal).toEqual(Int32Array.of(1, 2, 3, 4));
  });

  it('merges a tensor that comes in pieces', () => {
    // dtype 3 with int_val [1], then int_val [2] in a second value of the same entry
    const message = bytes('12 0f 0a0161 1205 0803 3a0101 1203 3a0102');
    const [, proto] = decodeExtendedRequest(message).tensors[0];
    expect(proto.dtype).toBe(3);
    expect(proto.intVal).toEqual(Int32Array.of(1, 2));
  });

  it('steps over unknown fields and groups', () => {
    // field 9 as a varint, as a group that holds a group, as 64 and 32 bits, as bytes; then the id
    const message = bytes('4801  4b 13 0800 14 4c  49 0000000000000000  4d 00000000  4a 0141  0807');
    expect(decodeExtendedRequest(message).id).toBe(7);
  });

  it('treats a known field with the wire type of another as unknown', () => {
    expect(decodeExtendedRequest(bytes('0a 0105 0807')).id).toBe(7);
  });
});

describe('malformed messages', () => {
  it.each([
    ['a length beyond the message', '12 05 0a', 'ends in the middle of a field'],
    ['a varint that does not end', '08 ff', 'ends in the middle of a field'],
    ['a varint of eleven bytes', '08 8080808080808080808001', 'more than ten bytes'],
    ['field number 0', '00 01', 'field number 0'],
    ['a tag beyond 32 bits', 'ffffffff7f 01', 'more than 32 bits'],
    ['the end of no group', '0c', 'group that was not begun'],
    ['a group that ends as another', '4b 54', 'ends with the field number of another'],
    ['wire type 6', '0e', 'wire type 6'],
    ['a name that is not UTF-8', '12 03 0a01ff', 'not UTF-8'],
    ['packed floats of five bytes', '12 0c 0a0161 1207 2a05 0000000000', '5 bytes'],
    [
      'packed floats cut in two records',
      '12 13 0a0161 120e 2a04 00000000 2a03 000000 2a01 00',
      'middle of a value',
    ],
    ['a packed varint without its end', '12 08 0a0161 1203 3a0180', 'middle of a value'],
  ])('refuses %s', (_what, hex, reason) => {
    const error = refusal(hex);
    expect(error.code).toBe('MALFORMED_MESSAGE');
    expect(error.message).toContain('no valid protobuf');
    expect(error.message).toContain(reason);
  });

  it('tells the id of a message whose tensor is malformed, wherever the id stands', () => {
    expect(refusal('08 2a 12 03 0a01ff').id).toBe(42);
    expect(refusal('12 03 0a01ff 08 2a').id).toBe(42);
    expect(refusal('12 05 0a').id).toBe(0);
  });

  it('refuses more tensors, strings and axes than any message needs', () => {
    const emptyEntries = Buffer.alloc(2 * 65_537, bytes('1200'));
    expect(() => decodeExtendedRequest(emptyEntries)).toThrow('more than 65536 tensors');
    const axes = Buffer.alloc(2 * 4097, bytes('1200'));
    expect(() => decodeExtendedRequest(entryOf(0x12, axes))).toThrow('more than 4096 axes');
  });
});

/** A message with one tensor that has one length-delimited field. */
function entryOf(tag: number, payload: Buffer): Buffer {
  const wrap = (number: number, content: Buffer): Buffer =>
    Buffer.concat([Buffer.of(number, (content.length & 0x7f) | 0x80, (content.length >> 7) & 0x7f), content]);
  return wrap(0x12, wrap(0x12, wrap(tag, payload)));
}

describe('errors in responses', () => {
  it('carries code, message and step', () => {
    const error = { code: 'INVALID_ARGUMENT', message: 'größer als 3', step: 'preprocessing[1] clip' };
    const encoded = encodeExtendedResponse({ id: 3, tensors: [], error });
    expect(decodeExtendedResponse(encoded)).toEqual({ id: 3, tensors: [], error });
  });

  it('tells an empty error from none', () => {
    const error = { code: '', message: '', step: '' };
    expect(decodeExtendedResponse(encodeExtendedResponse({ id: 1, tensors: [], error })).error).toEqual(
      error,
    );
    expect(decodeExtendedResponse(encodeExtendedResponse({ id: 1, tensors: [] })).error).toBeUndefined();
  });

  it('is an unknown field in a request', () => {
    expect(decodeExtendedRequest(bytes('1a 02 0a00 0807'))).toEqual({ id: 7, tensors: [] });
  });
});
