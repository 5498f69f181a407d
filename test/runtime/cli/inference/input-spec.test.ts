import { parseInputSpec } from '../../../../runtime/cli/inference/input-spec';
import { UsageError } from '../../../../contracts/program/usage-error';

describe('parseInputSpec', () => {
  it.each([
    ['a=w.csv', { name: 'a', file: 'w.csv' }],
    ['a=w.csv:int16', { name: 'a', file: 'w.csv', dtype: 'int16' }],
    ['a=w.csv:int16:9x3', { name: 'a', file: 'w.csv', dtype: 'int16', shape: [9, 3] }],
    ['a=w.npy:4', { name: 'a', file: 'w.npy', shape: [4] }],
    [
      'images/0:x=C:\\data\\w.JPEG:string:1',
      { name: 'images/0:x', file: 'C:\\data\\w.JPEG', dtype: 'string', shape: [1] },
    ],
    ['a=v1.2/w.json', { name: 'a', file: 'v1.2/w.json' }],
    ['a=w.txt', { name: 'a', file: 'w.txt' }],
    ['a=/bin/ls:string:1', { name: 'a', file: '/bin/ls', dtype: 'string', shape: [1] }],
    ['a=sound.wav:string:scalar', { name: 'a', file: 'sound.wav', dtype: 'string', shape: [] }],
    ['a=-:int16', { name: 'a', file: '-', dtype: 'int16' }],
    ['a=12:30.raw:int16:2x2', { name: 'a', file: '12:30.raw', dtype: 'int16', shape: [2, 2] }],
  ])('reads %s', (text, spec) => {
    expect(parseInputSpec(text)).toEqual(spec);
  });

  it.each([
    ['w.csv', "'--input' must be name=file[:dtype][:shape]"],
    ['=w.csv', 'must be name=file'],
    ['a=', 'must be name=file'],
    [
      'a=w.bin',
      "say what the bytes of 'w.bin' are, e.g. a=w.bin:string; without a dtype a file ends in .csv, .tsv",
    ],
    ['a=w.bin:float', 'got \'float\'; did you mean "float32"?'],
    ['a=w.csv:int4', "'--input' a: dtype must be one of float32"],
    [
      'a=w.csv:int16:9*3',
      "must be name=file[:dtype][:shape], e.g. array=window.csv:int16:9x3; got 'a=w.csv:int16:9*3'",
    ],
    ['a=w.csv:9x3:int16', 'must be name=file'],
    ['a=w.csv:int16:9x3:1', 'must be name=file'],
  ])('refuses %s', (text, message) => {
    expect(() => parseInputSpec(text)).toThrow(UsageError);
    expect(() => parseInputSpec(text)).toThrow(message);
  });
});
