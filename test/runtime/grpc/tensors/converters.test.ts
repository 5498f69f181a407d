import fc from '../../../fixtures/fast-check';
import { InferenceError } from '../../../../runtime/errors';
import { TensorProto, TensorShapeProto } from '../../../../runtime/grpc/codec/tensor-proto';
import { readTensorProto } from '../../../../runtime/grpc/codec/tensor-proto-reader';
import { measureTensorProto, writeTensorProto } from '../../../../runtime/grpc/codec/tensor-proto-writer';
import { WireReader } from '../../../../runtime/grpc/codec/wire-reader';
import { WireWriter } from '../../../../runtime/grpc/codec/wire-writer';
import { toTensor, toTensorProto } from '../../../../runtime/grpc/tensors/converters';
import { DATA_TYPES } from '../../../../runtime/grpc/tensors/data-type';
import { allocateData, slotsPerElement, type DType } from '../../../../runtime/tensor/dtype';
import { DTYPES } from '../../../../contracts/values/dtype';
import { extendedSize } from '../../../../runtime/services/extended/message';
import { tensor, type Tensor } from '../../../../runtime/tensor/tensor';
import { tensorOfParts } from '../../../../runtime/tensor/tensor-parts';

/** A TensorProto's own bytes in hexadecimal. */
function hexOfProto(proto: TensorProto): string {
  const writer = new WireWriter();
  writer.begin();
  const size = measureTensorProto(writer, proto);
  const prefix = size < 0x80 ? 1 : 2;
  writer.allocate(size + prefix);
  writeTensorProto(writer, proto);
  return writer.finish().subarray(prefix).toString('hex');
}

/** The TensorProto of bytes in hexadecimal. */
function protoOfHex(hex: string): TensorProto {
  const bytes = Buffer.from(hex.replace(/\s/g, ''), 'hex');
  return readTensorProto(new WireReader(bytes), bytes.length);
}

function proto(fields: Partial<TensorProto>, shape?: number[]): TensorProto {
  return Object.assign(new TensorProto(), fields, shape && { shape: new TensorShapeProto(shape) });
}

function refusal(message: TensorProto, maxBytes?: number): string {
  try {
    toTensor(message, 'array', maxBytes);
  } catch (error) {
    if (!(error instanceof InferenceError)) throw error;
    expect(error.code).toBe('MALFORMED_TENSOR');
    return error.message;
  }
  throw new Error('was not refused');
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** One element of each dtype: the bytes that make_tensor_proto serializes for a scalar of it. */
const SCALARS: [Tensor, string][] = [
  [tensor('float32', [], Float32Array.of(0.5)), '0801 1200 2a04 0000003f'],
  [tensor('float64', [], Float64Array.of(0.5)), '0802 1200 3208 000000000000e03f'],
  [tensor('int32', [], Int32Array.of(-1)), '0803 1200 3a0a ffffffffffffffffff01'],
  [tensor('uint8', [], Uint8Array.of(200)), '0804 1200 3a02 c801'],
  [tensor('int16', [], Int16Array.of(-2)), '0805 1200 3a0a feffffffffffffffff01'],
  [tensor('int8', [], Int8Array.of(5)), '0806 1200 3a01 05'],
  [tensor('string', [], [utf8('ab')]), '0807 1200 4202 6162'],
  [tensor('complex64', [], Float32Array.of(1, 2)), '0808 1200 4a08 0000803f00000040'],
  [tensor('int64', [], BigInt64Array.of(-1n)), '0809 1200 520a ffffffffffffffffff01'],
  [tensor('bool', [], Uint8Array.of(1)), '080a 1200 5a01 01'],
  [tensor('bfloat16', [], Uint16Array.of(0x3f80)), '080e 1200 6a02 807f'],
  [tensor('uint16', [], Uint16Array.of(65535)), '0811 1200 3a03 ffff03'],
  [tensor('float16', [], Uint16Array.of(0x3c00)), '0813 1200 6a02 8078'],
  [tensor('uint32', [], Uint32Array.of(4294967295)), '0816 1200 820105 ffffffff0f'],
  [tensor('uint64', [], BigUint64Array.of(2n ** 64n - 1n)), '0817 1200 8a010a ffffffffffffffffff01'],
];

/** Two elements of each dtype. */
const VECTORS: [Tensor, string][] = [
  [tensor('float32', [2], Float32Array.of(0.5, -1)), '2208 0000003f000080bf'],
  [tensor('float64', [2], Float64Array.of(0.5, 0)), '2210 000000000000e03f0000000000000000'],
  [tensor('int32', [2], Int32Array.of(1, -1)), '2208 01000000ffffffff'],
  [tensor('uint8', [2], Uint8Array.of(1, 200)), '2202 01c8'],
  [tensor('int16', [2], Int16Array.of(1, -2)), '2204 0100feff'],
  [tensor('int8', [2], Int8Array.of(1, -2)), '2202 01fe'],
  [tensor('string', [2], [utf8('ab'), utf8('')]), '4202 6162 4200'],
  [tensor('complex64', [2], Float32Array.of(1, 2, 0, 0)), '2210 0000803f000000400000000000000000'],
  [tensor('int64', [2], BigInt64Array.of(1n, -1n)), '2210 0100000000000000ffffffffffffffff'],
  [tensor('bool', [2], Uint8Array.of(1, 0)), '2202 0100'],
  [tensor('bfloat16', [2], Uint16Array.of(0x3f80, 0)), '2204 803f0000'],
  [tensor('uint16', [2], Uint16Array.of(65535, 0)), '2204 ffff0000'],
  [tensor('float16', [2], Uint16Array.of(0x3c00, 0)), '2204 003c0000'],
  [tensor('uint32', [2], Uint32Array.of(4294967295, 0)), '2208 ffffffff00000000'],
  [tensor('uint64', [2], BigUint64Array.of(2n ** 64n - 1n, 0n)), '2210 ffffffffffffffff0000000000000000'],
];

const label = ([value, hex]: [Tensor, string]): [DType, Tensor, string] => [value.dtype, value, hex];
const compact = (hex: string): string => hex.replace(/\s/g, '');

describe('writing', () => {
  it('has an example for every dtype', () => {
    expect(SCALARS.map(([{ dtype }]) => dtype).sort()).toEqual([...DTYPES].sort());
    expect(VECTORS.map(([{ dtype }]) => dtype).sort()).toEqual([...DTYPES].sort());
  });

  it.each(SCALARS.map(label))('puts one %s into its own field', (_dtype, value, hex) => {
    expect(hexOfProto(toTensorProto(value))).toBe(compact(hex));
  });

  it.each(VECTORS.map(label))(
    'puts more than one %s where make_tensor_proto puts them',
    (dtype, value, hex) => {
      const head = `08${Buffer.of(DATA_TYPES[dtype]).toString('hex')} 1204 1202 0802`;
      expect(hexOfProto(toTensorProto(value))).toBe(compact(head + hex));
    },
  );

  it('counts elements, not axes: shape [1, 1] is one', () => {
    expect(hexOfProto(toTensorProto(tensor('float32', [1, 1], Float32Array.of(1))))).toBe(
      compact('0801 1208 12020801 12020801 2a04 0000803f'),
    );
  });

  it.each(DTYPES)('leaves values away when there is no %s', (dtype) => {
    const empty: Tensor = { dtype, shape: [0, 2], data: allocateData(dtype, 0) };
    const head = `08${Buffer.of(DATA_TYPES[dtype]).toString('hex')} 1206 1200 1202 0802`;
    expect(hexOfProto(toTensorProto(empty))).toBe(compact(head));
  });

  it('writes parts of a tensor as it writes them put together', () => {
    const parts = [Float32Array.of(0.5, -1), Float32Array.of(2)];
    const apart = toTensorProto(tensorOfParts('float32', [3], parts));
    expect(apart.contentParts).toHaveLength(2);
    const whole = toTensorProto(tensor('float32', [3], Float32Array.of(0.5, -1, 2)));
    expect(hexOfProto(apart)).toBe(hexOfProto(whole));
    expect(extendedSize({ tensors: [['a', apart]] })).toBe(extendedSize({ tensors: [['a', whole]] }));
  });
});

describe('reading', () => {
  it.each(SCALARS.map(label))('reads one %s from its own field', (_dtype, value, hex) => {
    expect(toTensor(protoOfHex(hex), 'array')).toEqual(value);
  });

  it.each(VECTORS.map(label))('reads several %s from tensor_content', (dtype, value, hex) => {
    const head = `08${Buffer.of(DATA_TYPES[dtype]).toString('hex')} 1204 1202 0802`;
    expect(toTensor(protoOfHex(head + hex), 'array')).toEqual(value);
  });

  it.each(DTYPES)('fills the shape with one %s', (dtype) => {
    const [[scalar, hex]] = SCALARS.filter(([value]) => value.dtype === dtype);
    const message = protoOfHex(hex);
    message.shape = new TensorShapeProto([2, 3]);
    const { data, shape } = toTensor(message, 'array');
    expect(shape).toEqual([2, 3]);
    expect([...data]).toEqual(Array.from({ length: 6 }, () => [...scalar.data]).flat());
  });

  it.each(DTYPES)('reads no %s at all as zeros, or empty strings', (dtype) => {
    const { data } = toTensor(proto({ dtype: DATA_TYPES[dtype] }, [2, 2]), 'array');
    expect([...data]).toEqual([...allocateData(dtype, 4)]);
  });

  it('repeats the last value when there are fewer than elements', () => {
    const { data } = toTensor(proto({ dtype: 5, intVal: Int32Array.of(1, 2, 3) }, [5]), 'array');
    expect(data).toEqual(Int16Array.of(1, 2, 3, 3, 3));
  });

  it('repeats the last complex number, both parts of it', () => {
    const { data } = toTensor(proto({ dtype: 8, scomplexVal: Float32Array.of(1, 2, 3, 4) }, [3]), 'array');
    expect(data).toEqual(Float32Array.of(1, 2, 3, 4, 3, 4));
  });

  it('repeats the last string', () => {
    const { data } = toTensor(proto({ dtype: 7, stringVal: [utf8('a'), utf8('b')] }, [3]), 'array');
    expect(data).toEqual([utf8('a'), utf8('b'), utf8('b')]);
  });

  it('prefers tensor_content to the typed field', () => {
    const both = proto({ dtype: 3, tensorContent: Uint8Array.of(7, 0, 0, 0), intVal: Int32Array.of(9) }, [1]);
    expect(toTensor(both, 'array').data).toEqual(Int32Array.of(7));
  });

  it('reads strings in tensor_content as TensorFlow packs them: lengths, then bytes', () => {
    const content = Buffer.concat([Buffer.of(2, 0, 0x81, 0x01), Buffer.from('ab'), Buffer.alloc(129, 'c')]);
    const { data } = toTensor(proto({ dtype: 7, tensorContent: content }, [3]), 'array');
    expect((data as Uint8Array[]).map((value) => Buffer.from(value).toString())).toEqual([
      'ab',
      '',
      'c'.repeat(129),
    ]);
  });

  it('views aligned content without a copy and copies the rest once', () => {
    const memory = new ArrayBuffer(32);
    const aligned = toTensor(proto({ dtype: 3, tensorContent: new Uint8Array(memory, 8, 8) }, [2]), 'array');
    expect((aligned.data as Int32Array).buffer).toBe(memory);
    const odd = toTensor(proto({ dtype: 3, tensorContent: new Uint8Array(memory, 5, 8) }, [2]), 'array');
    expect((odd.data as Int32Array).buffer).not.toBe(memory);
  });

  it('lets NaN, infinities and negative zero through', () => {
    const values = Float32Array.of(NaN, Infinity, -Infinity, -0);
    const content = new Uint8Array(values.buffer);
    expect(toTensor(proto({ dtype: 1, tensorContent: content }, [4]), 'array').data).toEqual(values);
    expect(toTensor(proto({ dtype: 1, floatVal: values }, [4]), 'array').data).toEqual(values);
  });

  it('reads an empty tensor', () => {
    expect(toTensor(proto({ dtype: 1 }, [0, 3]), 'array')).toEqual(
      tensor('float32', [0, 3], new Float32Array(0)),
    );
  });

  it('reads back what it writes, whatever the dtype and shape', () => {
    const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 });
    fc.assert(
      fc.property(
        fc.constantFrom(...DTYPES),
        shapes,
        fc.uint8Array({ minLength: 1024, maxLength: 1024 }),
        (dtype, shape, noise) => {
          const elements = shape.reduce((product, size) => product * size, 1);
          const data =
            dtype === 'string'
              ? Array.from({ length: elements }, (_, index) => noise.slice(index, index + (noise[index] % 9)))
              : allocateData(dtype, elements);
          if (!Array.isArray(data)) {
            const memory = new Uint8Array(data.buffer);
            memory.set(noise.subarray(0, memory.length).map((byte) => (dtype === 'bool' ? byte & 1 : byte)));
          }
          const value: Tensor = { dtype, shape, data };
          const back = toTensor(protoOfHex(hexOfProto(toTensorProto(value))), 'array');
          expect(back).toEqual(value);
          expect(back.data).toHaveLength(elements * (dtype === 'string' ? 1 : slotsPerElement(dtype)));
        },
      ),
      { numRuns: 300 },
    );
  });
});

it.each([
  ['a typed value', { dtype: 1, floatVal: Float32Array.of(3) }, Float32Array.of(3)],
  [
    'the bytes of one',
    { dtype: 9, tensorContent: Buffer.from('0300000000000000', 'hex') },
    BigInt64Array.of(3n),
  ],
  ['a complex one', { dtype: 8, scomplexVal: Float32Array.of(1, 2) }, Float32Array.of(1, 2)],
  ['a string', { dtype: 7, stringVal: [Buffer.from('a')] }, [Buffer.from('a')]],
])('takes %s without a shape for a scalar', (_, fields, data) => {
  const { shape, data: read } = toTensor(proto(fields), 'k');
  expect([shape, read]).toEqual([[], data]);
});

describe('refusing', () => {
  it.each([
    [
      'no dtype',
      proto({ dtype: 0 }, [1]),
      'dtype 0 is not supported; allowed are 1 float32, 2 float64, 3 int32',
    ],
    ['an unknown dtype', proto({ dtype: 18 }, [1]), 'dtype 18 is not supported'],
    ['a negative dtype', proto({ dtype: -1 }, [1]), 'dtype -1 is not supported'],
    ['a reference dtype', proto({ dtype: 101 }, [1]), 'dtype 101 is not supported'],
    ['no shape', proto({ dtype: 1 }), 'tensor_shape is missing'],
    [
      'no shape for two values',
      proto({ dtype: 1, floatVal: new Float32Array(2) }),
      'tensor_shape is missing',
    ],
    [
      'no shape for a part of a value',
      proto({ dtype: 2, tensorContent: Buffer.alloc(4) }),
      'tensor_shape is missing',
    ],
    [
      'a negative size',
      proto({ dtype: 1 }, [2, -1]),
      'shape [2, -1] has the size -1 on axis 1; sizes are 0 or more',
    ],
    ['a shape that overflows', proto({ dtype: 1 }, [2 ** 40, 2 ** 40]), 'more elements than can be counted'],
    ['a size beyond 2^53', proto({ dtype: 1 }, [2 ** 63]), 'more elements than can be counted'],
    [
      'an overflow before a zero',
      proto({ dtype: 1 }, [2 ** 40, 2 ** 40, 0]),
      'more elements than can be counted',
    ],
    ['255 axes', proto({ dtype: 1 }, new Array<number>(255).fill(1)), '255 axes; at most 254'],
    [
      'more values than elements',
      proto({ dtype: 1, floatVal: new Float32Array(5) }, [2, 2]),
      'got 5 values for the 4 elements of shape [2, 2]',
    ],
    [
      'values for no element',
      proto({ dtype: 1, floatVal: new Float32Array(1) }, [0]),
      'got 1 values for the 0 elements',
    ],
    ['content for no element', proto({ dtype: 1, tensorContent: new Uint8Array(4) }, [0]), 'has 4 bytes'],
    [
      'a byte count that does not fit',
      proto({ dtype: 3, tensorContent: new Uint8Array(107) }, [9, 3]),
      'tensor_content has 107 bytes; shape [9, 3] of int32 takes 108',
    ],
    [
      'half a complex number',
      proto({ dtype: 8, scomplexVal: new Float32Array(3) }, [2]),
      'scomplex_val has 3 floats',
    ],
    [
      'a byte that is no bool',
      proto({ dtype: 10, tensorContent: Uint8Array.of(1, 2) }, [2]),
      'byte 2 at index 1',
    ],
    [
      'values in the field of another dtype',
      proto({ dtype: 1, intVal: Int32Array.of(1, 2) }, [2]),
      'its 2 values are in int_val, those of dtype float32 belong into float_val',
    ],
    [
      'too many strings',
      proto({ dtype: 7, stringVal: [utf8('a'), utf8('b')] }, [1]),
      'got 2 values for the 1 elements',
    ],
    [
      'packed strings cut short',
      proto({ dtype: 7, tensorContent: Uint8Array.of(3, 97) }, [1]),
      'strings of 3 bytes in all, got 1',
    ],
    [
      'packed strings without lengths',
      proto({ dtype: 7, tensorContent: Uint8Array.of(0x80) }, [1]),
      'no length for string 0',
    ],
    [
      'more packed strings than bytes',
      proto({ dtype: 7, tensorContent: Uint8Array.of(0) }, [9]),
      'cannot hold 9 strings',
    ],
  ])('refuses %s', (_what, message, reason) => {
    expect(refusal(message)).toContain("tensor 'array'");
    expect(refusal(message)).toContain(reason);
  });

  it('refuses unknown rank', () => {
    const message = proto({ dtype: 1 }, []);
    message.shape = Object.assign(new TensorShapeProto([]), { unknownRank: true });
    expect(refusal(message)).toContain('unknown_rank');
  });

  it.each([
    ['int8', 128, '-128 to 127'],
    ['int8', -129, '-128 to 127'],
    ['int16', 32768, '-32768 to 32767'],
    ['uint8', 256, '0 to 255'],
    ['uint8', -1, '0 to 255'],
    ['uint16', 65536, '0 to 65535'],
  ] as const)('refuses a value outside %s: %i', (dtype, value, range) => {
    const message = proto({ dtype: DATA_TYPES[dtype], intVal: Int32Array.of(0, value) }, [2]);
    expect(refusal(message)).toContain(`value ${value} at index 1 is outside ${dtype}, which takes ${range}`);
  });

  it.each(['float16', 'bfloat16'] as const)('refuses bits beyond the sixteen of %s', (dtype) => {
    const message = proto({ dtype: DATA_TYPES[dtype], halfVal: Int32Array.of(-1) }, [1]);
    expect(refusal(message)).toContain('value -1 at index 0');
  });

  it('refuses a shape that would take more memory than is allowed, before it allocates', () => {
    const huge = proto({ dtype: 1, floatVal: Float32Array.of(1) }, [1 << 20, 1 << 20]);
    expect(refusal(huge)).toContain('takes 4398046511104 bytes; at most 536870912 are allowed');
    expect(refusal(proto({ dtype: 2 }, [3]), 16)).toContain('takes 24 bytes; at most 16');
    expect(toTensor(proto({ dtype: 2 }, [2]), 'array', 16).data).toHaveLength(2);
    expect(refusal(proto({ dtype: 7 }, [1 << 26]))).toContain('at most 536870912');
  });

  it('cuts a long name in its message', () => {
    expect(() => toTensor(proto({ dtype: 0 }), 'n'.repeat(5000))).toThrow(
      /^tensor 'n{100}…' \(5000 characters\): dtype 0/,
    );
  });
});
