import { transformSync } from '@swc/core';
import { type Tensor } from '../../../runtime/tensor/tensor';
import { temporaryFolder } from '../../fixtures/temporary-folder';
import {
  FLOW,
  LONG_MS,
  NAMES,
  applyOnce,
  hosted,
  hostedIn,
  moduleOf,
  prepare,
} from '../../fixtures/hosted-component';

describe('what a data step returns', () => {
  it.each([
    [
      'an Array of numbers',
      "(x) => tensor('float32', x.shape, Array.from(x.data))",
      "the data of 'x', float32, must be a Float32Array, got an Array",
    ],
    [
      'another typed array',
      "(x) => tensor('float32', x.shape, Int32Array.from(x.data))",
      "the data of 'x', float32, must be a Float32Array, got a Int32Array",
    ],
    [
      'a wider typed array',
      "(x) => tensor('float32', x.shape, Float64Array.from(x.data))",
      'must be a Float32Array, got a Float64Array',
    ],
    [
      'a DataView',
      '(x) => ({ ...x, data: Object.assign(new DataView(x.data.buffer), { length: 2 }) })',
      'must be a Float32Array, got a DataView',
    ],
    [
      'an object like an array',
      '(x) => ({ ...x, data: { 0: 1, 1: 2, length: 2 } })',
      'must be a Float32Array, got an object',
    ],
    ['a text', "(x) => ({ ...x, data: 'ab' })", 'must be a Float32Array, got string'],
    [
      'no data',
      '(x) => ({ dtype: x.dtype, shape: x.shape })',
      "apply must return a tensor { dtype, shape, data } for 'x', got an object",
    ],
    [
      'bare data',
      '(x) => x.data',
      "apply must return a tensor { dtype, shape, data } for 'x', got a Float32Array",
    ],
    ['null', '() => null', 'got null'],
    ['nothing', '() => undefined', 'got undefined'],
    ['a function', '() => () => 1', 'got function'],
    [
      'an unknown dtype',
      "(x) => ({ ...x, dtype: 'float' })",
      "'x' has dtype 'float', expected one of float32, float64",
    ],
    [
      'an inherited dtype',
      "(x) => ({ ...x, dtype: 'constructor' })",
      "'x' has dtype 'constructor', expected one of",
    ],
    [
      'a shape that is a number',
      '(x) => ({ ...x, shape: 2 })',
      "'x' has shape 2, expected a list of whole numbers",
    ],
    [
      'a shape with a name',
      "(x) => ({ ...x, shape: ['n'] })",
      "'x' has shape [ 'n' ], expected a list of whole numbers",
    ],
    ['a negative shape', '(x) => ({ ...x, shape: [-1, -2] })', "'x' has shape [ -1, -2 ]"],
    ['a broken size', '(x) => ({ ...x, shape: [0.5, 4] })', "'x' has shape [ 0.5, 4 ]"],
    ['too few values', '(x) => ({ ...x, shape: [9] })', "'x' of shape [9] must have 9 values, got 2"],
    [
      'memory that was given away',
      '(x) => { structuredClone(x.data, { transfer: [x.data.buffer] }); return x }',
      'must have 2 values, got 0',
    ],
    ['a list with a hole', '(x) => [x, , x]', "for 'x', got undefined"],
    [
      'another size than before',
      "(x) => tensor('float32', [1], x.data.slice(1))",
      "its format step promised float32 [n] where n = 2 for 'x', apply returned float32 [1]",
    ],
    [
      'another rank',
      '(x) => ({ ...x, shape: [1, 2] })',
      "its format step promised float32 [n] where n = 2 for 'x', apply returned float32 [1, 2]",
    ],
    [
      'another dtype',
      "(x) => tensor('int32', x.shape, Int32Array.from(x.data))",
      "its format step promised float32 [n] where n = 2 for 'x', apply returned int32 [2]",
    ],
    ['a list', '(x) => [x, x]', 'apply returned a list of 2: float32 [2]'],
  ])('is refused when it is %s', async (_, code, message) => {
    const failure = applyOnce({ apply: code });
    await expect(failure).rejects.toMatchObject({ code: 'STEP_FAILED' });
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toThrow(/^tested: /);
  });

  it.each([
    ['JavaScript strings', "Array.from(x.data, (v) => 'class ' + v)", 'got string at index 0'],
    ['one string among bytes', "[Buffer.from('a'), 'b']", 'got string at index 1'],
    ['a typed array', 'Uint8Array.of(1, 2)', 'got a Uint8Array'],
  ])('is refused when strings are %s', async (_, data, message) => {
    const returned = applyOnce({
      format: "({ shape }) => ({ dtype: 'string', shape })",
      apply: `(x) => ({ dtype: 'string', shape: x.shape, data: ${data} })`,
    });
    await expect(returned).rejects.toThrow(
      `the data of 'x', string, must be an Array of Uint8Array (Buffer.from(text) makes one), ${message}`,
    );
  });

  it.each([
    ['an object for a Map', '() => ({ x: 1 })', 'apply must return a Map of values, got { x: 1 }'],
    ['a value less', '() => new Map()', "its format step promised 'x', apply left none"],
    [
      'a key that is no name',
      '(flow) => new Map([[1, flow.get("x")]])',
      'apply must return a Map by names, got the key 1',
    ],
  ])('is refused when all values are %s', async (_, code, message) => {
    await expect(applyOnce({ over: 'flow', apply: code })).rejects.toThrow(message);
  });

  it('is taken when it is right, with nothing else that was in it', async () => {
    const strings = await applyOnce({
      format: "({ shape }) => ({ dtype: 'string', shape })",
      apply:
        "(x) => ({ dtype: 'string', shape: x.shape, data: [Buffer.from('a'), Buffer.alloc(0)], more: () => 1 })",
    });
    expect(strings.get('x')).toEqual({
      dtype: 'string',
      shape: [2],
      data: [Uint8Array.of(97), new Uint8Array(0)],
    });
    const list = await applyOnce({
      format: "(item) => ({ kind: 'list', item: { dtype: 'int8', shape: ['size'] }, length: 'n' })",
      apply: "() => [1, 2].map((size) => tensor('int8', [size], new Int8Array(size)))",
    });
    expect((list.get('x') as Tensor[]).map(({ shape }) => shape)).toEqual([[1], [2]]);
    const complex = await applyOnce({
      format: "({ shape }) => ({ dtype: 'complex64', shape })",
      apply: "({ shape }) => tensor('complex64', shape, new Float32Array(4))",
    });
    expect((complex.get('x') as Tensor).data).toHaveLength(4);
  });

  it('of a list is refused for its length and for each item', async () => {
    const promise = "() => ({ kind: 'list', item: { dtype: 'int8', shape: [1] }, length: 'n' })";
    const item = "tensor('int8', [1], new Int8Array(1))";
    for (const [code, message] of [
      [`() => [${item}]`, 'apply returned a list of 1: int8 [1]'],
      [
        `() => [${item}, tensor('int8', [2], new Int8Array(2))]`,
        'apply returned a list of 2: int8 [1], int8 [2]',
      ],
      [`() => ${item}`, "promised list of n × (int8 [1]) where n = 2 for 'x', apply returned int8 [1]"],
    ]) {
      await expect(applyOnce({ format: promise, apply: code })).rejects.toThrow(message);
    }
  });
});

interface Failure {
  readonly message: string;
  readonly code?: string;
  readonly cause?: Error;
}

describe('what a data step throws', () => {
  const outcome = async (apply: string): Promise<Failure> => {
    const transformation = await hosted({ apply });
    const handle = prepare(transformation);
    return transformation.applyFlow(FLOW, handle, NAMES, LONG_MS).then(
      () => ({ message: 'it did not throw' }),
      (error: Failure) => error,
    );
  };

  it.each([
    ['an Error', "() => { throw new RangeError('too wide') }", 'tested: too wide'],
    ['an Error without a message', '() => { throw new TypeError() }', 'tested: TypeError'],
    ['undefined', '() => { throw undefined }', 'tested: it threw undefined, which is no Error'],
    ['null', '() => { throw null }', 'tested: it threw null, which is no Error'],
    ['a text', "() => { throw 'no luck' }", 'tested: no luck'],
    ['an empty text', "() => { throw '' }", "tested: it threw '', which is no Error"],
    ['a number', '() => { throw 7 }', 'tested: it threw 7, which is no Error'],
    ['a symbol', "() => { throw Symbol('s') }", 'tested: it threw Symbol(s), which is no Error'],
    [
      'an object without a prototype',
      '() => { throw Object.create(null) }',
      'tested: it threw [Object: null prototype] {}, which is no Error',
    ],
    ['an object like an Error', "() => { throw { message: 'like one' } }", 'tested: like one'],
    [
      'an object whose properties throw',
      '() => { throw { get message() { throw 1 }, get stack() { throw 2 } } }',
      'tested: it threw { message: [Getter], stack: [Getter] }, which is no Error',
    ],
    [
      'an object that throws when it is printed',
      '() => { throw { toString() { throw 1 }, [Symbol.for("nodejs.util.inspect.custom")]() { throw 2 } } }',
      'tested: it threw { toString: [Function: toString]',
    ],
    [
      'a Proxy that throws at everything',
      '() => { throw new Proxy({}, { get() { throw 1 }, getPrototypeOf() { throw 2 }, has() { throw 3 } }) }',
      'tested: it threw {}, which is no Error',
    ],
    ['a rejection with undefined', '() => Promise.reject()', 'tested: it threw undefined, which is no Error'],
    [
      'an Error with a function',
      "() => { throw Object.assign(new Error('with a function'), { run() {} }) }",
      'tested: with a function',
    ],
  ])("is its request's error when it is %s", async (_, code, message) => {
    const error = await outcome(code);
    expect(error).toMatchObject({ code: 'STEP_FAILED' });
    expect(error.message.startsWith(message)).toBe(true);
  });

  it('has the line of the author, and no paths in its message', async () => {
    const error = await outcome('(x) => {\n      return x.no.luck;\n    }');
    expect(error.message).toBe("tested: Cannot read properties of undefined (reading 'luck')");
    expect(error.cause?.message).toMatch(/^index\.js:\d+:19$/);
    expect(error.cause?.stack).toMatch(/index\.js:\d+:19\)/);
    expect(error.cause?.stack).not.toMatch(/transformation-host|node:internal/);
    const missing = await outcome("() => require('node:fs').readFileSync(__dirname + '/table.json')");
    expect(missing.message).toBe("tested: ENOENT: no such file or directory, open 'table.json'");
  });

  it('has the line of a file that the module calls', async () => {
    const directory = temporaryFolder({
      'index.js': moduleOf({ before: "const { work } = require('./lib/work.js');", apply: '() => work()' }),
      'lib/work.js': 'exports.work = function work() {\n  throw new Error("deep down");\n};\n',
    });
    const transformation = await hostedIn(directory);
    const failure = transformation.applyFlow(FLOW, prepare(transformation), NAMES, LONG_MS);
    await expect(failure).rejects.toMatchObject({ cause: { message: 'lib/work.js:2:9' } });
  });

  it('has the line of the source where the module was compiled', async () => {
    const source = `
export default (runtime: any) => runtime.defineTransformation({
  name: 'tested', description: '', parameters: runtime.z.strictObject({}), format: (x: unknown) => x,
  apply: (x: { no?: { luck: number } }): unknown =>
    x.no!.luck,
});`;
    const { code } = transformSync(source, {
      filename: 'index.ts',
      sourceMaps: 'inline',
      jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
      module: { type: 'commonjs' },
    });
    const transformation = await hosted(code);
    const failure = transformation.applyFlow(FLOW, prepare(transformation), NAMES, LONG_MS);
    await expect(failure).rejects.toMatchObject({ cause: { message: 'index.ts:5:11' } });
  });
});
