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
  'notes.txt': 'notes',
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
    expect(readTensor(file('picture.png'))).toEqual({ dtype: 'string', shape: [], data: [PNG] });
    expect(readTensor(file('picture.png'), { dtype: 'string', shape: [1] }).shape).toEqual([1]);
  });

  it.each([
    ['picture.jpg', {}, 'is no picture of the kind that its name says'],
    ['picture.png', { dtype: 'uint8' }, 'a picture is sent as it is, as dtype string; got uint8'],
    ['picture.png', { shape: [2] }, 'has the shape [], which is no [2]'],
    ['notes.txt', {}, 'its name must end in .csv, .tsv, .json, .npy'],
    ['absent.csv', {}, 'cannot be read: ENOENT'],
    ['fraction.csv', { dtype: 'int32' }, 'element 1 must be an integer'],
    ['whole.csv', { shape: [3] }, 'shape [3] has 3 elements, got 4'],
    ['ragged.json', {}, 'nested arrays have 2 items on axis 1'],
  ] as const)('refuses %s as %j', (name, options, message) => {
    expect(() => readTensor(file(name), options)).toThrow(`${file(name)}: `);
    expect(() => readTensor(file(name), options)).toThrow(message);
  });
});
