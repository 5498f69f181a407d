import { parseJson, readRequests, toInput } from '../../../../runtime/cli/formats/json';

describe('readRequests', () => {
  it('reads one request, a list of them, or one to a line', () => {
    const one = { x: { dtype: 'int32', data: [1] } };
    expect(readRequests('a.json', '{"x": [1]}')).toEqual([one]);
    expect(readRequests('a.json', '[{"x": [1]}, {"x": [1]}]')).toEqual([one, one]);
    expect(readRequests('a.jsonl', '{"x": [1]}\n\n{"x": [1]}\n')).toEqual([one, one]);
    expect(readRequests('standard input', '{"x": [1]}\n{"x": [1]}')).toEqual([one, one]);
    expect(readRequests('a.json', '{\n  "x": [1]\n}')).toEqual([one]);
  });

  it.each([
    ['a.jsonl', '{"x": [1]}\n{', 'a.jsonl:2: is no JSON'],
    ['a.json', '[1]', 'a.json: request 0: a request must be an object of inputs by name'],
    ['a.json', '{"x": [1, "a"]}', "a.json: input 'x': its values must be all numbers"],
    [
      'a.json',
      '{"x": {"shape": [1]}}',
      "a.json: input 'x': must be a value, nested lists, or an object of dtype, shape and data; got the keys shape",
    ],
    ['a.json', '{"x": {"dtype": "int4", "data": 1}}', "a.json: input 'x': dtype must be one of float32"],
    ['a.json', '{"x": {"shape": 3, "data": 1}}', "a.json: input 'x': shape must be a list of sizes, got 3"],
    ['a.json', '{"x": null}', "a.json: input 'x': its values must be all numbers"],
  ])('refuses %s with %s', (file, text, message) => {
    expect(() => readRequests(file, text)).toThrow(message);
  });
});

describe('toInput', () => {
  it.each([
    ['1', 'int32'],
    ['[[1, 2], [3, 4]]', 'int32'],
    ['[2147483648]', 'int64'],
    ['[1, 2.5]', 'float32'],
    ['[1e300]', 'float32'],
    ['[true, false]', 'bool'],
    ['"text"', 'string'],
    ['[]', 'float32'],
  ])('takes %s for %s', (text, dtype) => {
    expect(toInput('x', parseJson('x', text))).toEqual({ dtype, data: JSON.parse(text) as unknown });
  });

  it('takes dtype and shape as they are said', () => {
    expect(toInput('x', { dtype: 'float64', shape: [2, 1], data: [1, 2] })).toEqual({
      dtype: 'float64',
      shape: [2, 1],
      data: [1, 2],
    });
  });
});
