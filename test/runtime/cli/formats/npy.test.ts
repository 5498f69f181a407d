import { FileError } from '../../../../runtime/cli/formats/file-error';
import { readNpy } from '../../../../runtime/cli/formats/npy';

/** A file as numpy.save lays it out. */
function npy(
  descr: string,
  shape: string,
  data: Uint8Array,
  { fortran = 'False', version = 1 } = {},
): Buffer {
  const text = `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': (${shape}), }`;
  const prefix = version === 1 ? 10 : 12;
  const header = Buffer.from(text.padEnd(63 - prefix + 64) + '\n', 'latin1');
  const head = Buffer.alloc(prefix);
  head.write('\x93NUMPY', 'latin1');
  head[6] = version;
  if (version === 1) head.writeUInt16LE(header.length, 8);
  else head.writeUInt32LE(header.length, 8);
  return Buffer.concat([head, header, data]);
}

const bytesOf = (data: { buffer: ArrayBufferLike }): Uint8Array => new Uint8Array(data.buffer);
const swapped = (data: { buffer: ArrayBufferLike }, width: 2 | 4 | 8): Buffer => {
  const copy = Buffer.from(bytesOf(data));
  return width === 2 ? copy.swap16() : width === 4 ? copy.swap32() : copy.swap64();
};

describe('readNpy', () => {
  it.each([
    ['<f4', 'float32', Float32Array.of(1.5, -2)],
    ['<f8', 'float64', Float64Array.of(1.5, -2)],
    ['<f2', 'float16', Uint16Array.of(0x3c00, 0xc000)],
    ['|i1', 'int8', Int8Array.of(1, -2)],
    ['<i2', 'int16', Int16Array.of(1, -2)],
    ['<i4', 'int32', Int32Array.of(1, -2)],
    ['<i8', 'int64', BigInt64Array.of(1n, -2n)],
    ['|u1', 'uint8', Uint8Array.of(1, 200)],
    ['<u2', 'uint16', Uint16Array.of(1, 60000)],
    ['<u4', 'uint32', Uint32Array.of(1, 4e9)],
    ['<u8', 'uint64', BigUint64Array.of(1n, 2n ** 63n)],
    ['|b1', 'bool', Uint8Array.of(1, 0)],
  ])('reads %s as %s', (descr, dtype, data) => {
    expect(readNpy('a.npy', npy(descr, '2,', bytesOf(data)))).toEqual({ dtype, shape: [2], data });
  });

  it('reads complex numbers, scalars, empty arrays and later versions of the format', () => {
    const complex = Float32Array.of(1, 2, 3, 4);
    expect(readNpy('a.npy', npy('<c8', '2,', bytesOf(complex)))).toEqual({
      dtype: 'complex64',
      shape: [2],
      data: complex,
    });
    expect(readNpy('a.npy', npy('<f4', '', bytesOf(Float32Array.of(7)), { version: 2 })).shape).toEqual([]);
    expect(readNpy('a.npy', npy('<f4', '0, 3', new Uint8Array(0), { version: 3 }))).toEqual({
      dtype: 'float32',
      shape: [0, 3],
      data: new Float32Array(0),
    });
  });

  it('turns big-endian numbers around', () => {
    const data = Int16Array.of(1, -2);
    expect(readNpy('a.npy', npy('>i2', '2,', swapped(data, 2))).data).toEqual(data);
    const wide = Float64Array.of(0.5, 3);
    expect(readNpy('a.npy', npy('>f8', '2,', swapped(wide, 8))).data).toEqual(wide);
    const complex = Float32Array.of(1, 2);
    expect(readNpy('a.npy', npy('>c8', '1,', swapped(complex, 4))).data).toEqual(complex);
  });

  it('brings column-major arrays into row-major order', () => {
    // [[1, 2, 3], [4, 5, 6]] column by column
    const data = bytesOf(Int32Array.of(1, 4, 2, 5, 3, 6));
    expect(readNpy('a.npy', npy('<i4', '2, 3', data, { fortran: 'True' }))).toEqual({
      dtype: 'int32',
      shape: [2, 3],
      data: Int32Array.of(1, 2, 3, 4, 5, 6),
    });
  });

  it('reads text of both kinds without its padding', () => {
    const narrow = readNpy('a.npy', npy('|S3', '2,', Buffer.from('abcd\0\0')));
    expect((narrow.data as Uint8Array[]).map((text) => Buffer.from(text).toString())).toEqual(['abc', 'd']);
    const wide = readNpy('a.npy', npy('<U2', '2,', bytesOf(Uint32Array.of(0xfc, 0x1f600, 0x41, 0))));
    expect((wide.data as Uint8Array[]).map((text) => Buffer.from(text).toString())).toEqual(['ü😀', 'A']);
  });

  it.each([
    ['a file of another kind', Buffer.from('PK\x03\x04 and so on'), 'is no NPY file'],
    [
      'an unknown version',
      Buffer.from('\x93NUMPY\x09\x00\x00\x00\x00\x00', 'latin1'),
      'version 9; 1 to 3 are allowed',
    ],
    ['objects', npy('|O', '2,', new Uint8Array(16)), "NumPy type '|O'; allowed are f2, f4"],
    ['a header cut short', npy('<f4', '2,', new Uint8Array(8)).subarray(0, 40), 'NPY header'],
    ['too few bytes', npy('<f4', '2, 2', new Uint8Array(15)), 'has 15 bytes of data; shape [2, 2] takes 16'],
  ])('refuses %s', (_what, bytes, message) => {
    expect(() => readNpy('a.npy', bytes)).toThrow(FileError);
    expect(() => readNpy('a.npy', bytes)).toThrow(message);
    expect(() => readNpy('a.npy', bytes)).toThrow(/^a\.npy: /);
  });
});
