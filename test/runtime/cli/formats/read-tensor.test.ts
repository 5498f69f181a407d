import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readTensor } from '../../../../runtime/cli/formats/read-tensor';
import { temporaryFolder } from '../../../fixtures/temporary-folder';

const PNG = Buffer.from('\x89PNG\r\n\x1a\n and pixels', 'latin1');
const folder = temporaryFolder({
  'whole.csv': 'x,y\n1,2\n3,4\n',
  'wide.csv': '1,3000000000\n',
  'fraction.csv': '1,2.5\n',
  'nested.json': '[[1, 2], [3, 4]]',
  'said.json': '{"dtype": "int8", "shape": [4], "data": [[1, 2], [3, 4]]}',
  'ragged.json': '[[1], [2, 3]]',
  'picture.png': PNG,
  'picture.jpg': PNG,
  'notes.txt': 'notes\n',
  'sound.wav': 'sound',
  'long.csv': '9007199254740993,-9007199254740993\n1,2\n',
  'huge.csv': '1,2\n3,18446744073709551615\n',
  'long.json': '\uFEFF[9007199254740993, -9223372036854775808, "12"]',
  'answer.json': '{"dtype": "int64", "shape": [2], "data": ["9007199254740993", 4]}',
  'floats.json': '{"dtype": "float32", "shape": [3], "data": ["NaN", "-Infinity", 12345678901234567890]}',
  'bytes.json': '[{"base64": "/wA="}, "text"]',
  'digits-in-text.json': '["12345678901234567890", "a\\"9007199254740993"]',
});
const file = (name: string): string => join(folder, name);

describe('readTensor', () => {
  it('reads a table as a matrix of the narrowest dtype that holds its numbers', () => {
    expect(readTensor(file('whole.csv'))).toEqual({
      dtype: 'int32',
      shape: [2, 2],
      data: Int32Array.of(1, 2, 3, 4),
    });
    expect(readTensor(file('wide.csv')).dtype).toBe('int64');
    expect(readTensor(file('fraction.csv')).dtype).toBe('float32');
  });

  it('reads as the dtype and shape that are asked for, and the columns', () => {
    expect(readTensor(file('whole.csv'), { dtype: 'int16', shape: [4] })).toEqual({
      dtype: 'int16',
      shape: [4],
      data: Int16Array.of(1, 2, 3, 4),
    });
    expect(readTensor(file('whole.csv'), { columns: ['y'] }).data).toEqual(Int32Array.of(2, 4));
    expect(readTensor(file('nested.json'), { dtype: 'float64' }).data).toEqual(Float64Array.of(1, 2, 3, 4));
    expect(readTensor(file('said.json'))).toEqual({
      dtype: 'int8',
      shape: [4],
      data: Int8Array.of(1, 2, 3, 4),
    });
  });

  it('reads a picture as it is, as one string', () => {
    expect(readTensor(file('picture.png'))).toEqual({ dtype: 'string', shape: [1], data: [PNG] });
    expect(readTensor(file('picture.png'), { dtype: 'string', shape: [] }).shape).toEqual([]);
  });

  it('sends any file with dtype string as it is, and text without being asked', () => {
    for (const name of ['sound.wav', 'notes.txt', 'whole.csv', 'nested.json']) {
      expect(readTensor(file(name), { dtype: 'string' })).toEqual({
        dtype: 'string',
        shape: [1],
        data: [readFileSync(file(name))],
      });
    }
    expect(readTensor(file('notes.txt')).data).toEqual([Buffer.from('notes\n')]);
    expect(readTensor(file('sound.wav'), { dtype: 'string', shape: [] }).shape).toEqual([]);
  });

  it('takes the bytes of other files for elements of the dtype', () => {
    expect(readTensor(file('sound.wav'), { dtype: 'uint8' })).toEqual({
      dtype: 'uint8',
      shape: [5],
      data: new Uint8Array(Buffer.from('sound')),
    });
    expect(readTensor(file('notes.txt'), { dtype: 'int16', shape: [3, 1] })).toEqual({
      dtype: 'int16',
      shape: [3, 1],
      data: Int16Array.of(0x6f6e, 0x6574, 0x0a73),
    });
  });

  it('keeps integers beyond 2^53 as they are written', () => {
    const long = readTensor(file('long.csv'));
    expect([long.dtype, [...(long.data as BigInt64Array)]]).toEqual([
      'int64',
      [9007199254740993n, -9007199254740993n, 1n, 2n],
    ]);
    expect(readTensor(file('huge.csv'))).toMatchObject({
      dtype: 'uint64',
      data: BigUint64Array.of(1n, 2n, 3n, 18446744073709551615n),
    });
    expect(readTensor(file('long.json'), { dtype: 'int64' }).data).toEqual(
      BigInt64Array.of(9007199254740993n, -9223372036854775808n, 12n),
    );
    expect(readTensor(file('digits-in-text.json')).data).toEqual([
      Buffer.from('12345678901234567890'),
      Buffer.from('a"9007199254740993'),
    ]);
  });

  it('takes what answers print: integers and special numbers as text, bytes in base64', () => {
    expect(readTensor(file('answer.json')).data).toEqual(BigInt64Array.of(9007199254740993n, 4n));
    expect([...(readTensor(file('floats.json')).data as Float32Array)]).toEqual([
      NaN,
      -Infinity,
      Math.fround(12345678901234567890),
    ]);
    expect(readTensor(file('bytes.json'))).toEqual({
      dtype: 'string',
      shape: [2],
      data: [Buffer.of(0xff, 0), Buffer.from('text')],
    });
  });

  it.each([
    ['picture.jpg', {}, 'is no picture of the kind that its name says'],
    ['picture.png', { dtype: 'uint8' }, 'a picture is sent as it is, as dtype string; got uint8'],
    ['picture.png', { shape: [2] }, 'has the shape [1], which is no [2]'],
    ['sound.wav', {}, 'is none of .csv, .tsv, .json, .npy'],
    ['sound.wav', { dtype: 'int16' }, 'has 5 bytes, which are no whole int16 of 2 bytes each'],
    ['huge.csv', { dtype: 'int64' }, 'element 3 must be an integer from -9223372036854775808'],
    ['absent.csv', {}, 'cannot be read: ENOENT'],
    ['fraction.csv', { dtype: 'int32' }, 'element 1 must be an integer'],
    ['whole.csv', { shape: [3] }, 'shape [3] has 3 elements, got 4'],
    ['ragged.json', {}, 'nested arrays have 2 items on axis 1'],
  ] as const)('refuses %s as %j', (name, options, message) => {
    expect(() => readTensor(file(name), options)).toThrow(`${file(name)}: `);
    expect(() => readTensor(file(name), options)).toThrow(message);
  });
});
