import { symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { HostedTransformation } from '../../../runtime/components/hosted-transformation';
import { TransformationHost } from '../../../runtime/components/transformation-host';
import { type FlowFormat } from '../../../runtime/formats/format';
import { temporaryFolder } from '../../fixtures/temporary-folder';
import {
  LONG_MS,
  NAMES,
  hosted,
  moduleOf,
  prepare,
  closeLater,
  FORMAT,
} from '../../fixtures/hosted-component';

describe('the path of a component', () => {
  it('may be relative, also to a folder that is a link', async () => {
    const directory = temporaryFolder({
      'real/index.js': moduleOf({ before: "require('./sibling.js');" }),
      'real/sibling.js': '',
    });
    symlinkSync('real', join(directory, 'linked'));
    for (const folder of ['real', 'linked']) {
      const entry = relative(process.cwd(), join(directory, folder, 'index.js'));
      const host = await TransformationHost.start({
        components: [{ name: 'tested', entry, directory: dirname(entry) }],
        loadTimeoutMs: LONG_MS,
        questionTimeoutMs: LONG_MS,
      });
      closeLater(host);
      expect(prepare(new HostedTransformation('tested', host))).toBe(0);
    }
  });
});

describe('what a format step does', () => {
  it.each([
    [
      'returns a text as shape',
      "() => ({ dtype: 'float32', shape: 'any' })",
      "the format step of tested returned shape 'any', expected a list of sizes",
    ],
    [
      'returns a size that is none',
      "() => ({ dtype: 'float32', shape: [-1] })",
      'returned shape [ -1 ], where -1 is no size: expected whole numbers ≥ 0, or names',
    ],
    ['returns a broken size', "() => ({ dtype: 'float32', shape: [1.5] })", 'where 1.5 is no size'],
    [
      'returns an unknown dtype',
      "() => ({ dtype: 'float', shape: [] })",
      "returned dtype 'float', expected one of float32",
    ],
    ['returns an inherited dtype', "() => ({ dtype: 'toString', shape: [] })", "returned dtype 'toString'"],
    [
      'returns another kind',
      "() => ({ kind: 'table' })",
      "returned kind 'table', expected 'tensor' or 'list'",
    ],
    [
      'returns a list without items',
      "() => ({ kind: 'list', length: 1 })",
      'returned undefined, expected a format of a tensor',
    ],
    [
      'returns a list without a length',
      "(item) => ({ kind: 'list', item })",
      'returned length, where undefined is no size',
    ],
    [
      'returns a unit that is no text',
      '(input) => ({ ...input, unit: 5 })',
      'returned unit 5, expected a string',
    ],
    [
      'returns normalized as text',
      "(input) => ({ ...input, normalized: 'yes' })",
      "returned normalized 'yes', expected a boolean",
    ],
    [
      'returns nothing',
      '() => undefined',
      "the format step of tested returned undefined, expected a format, e.g. { dtype: 'float32', shape: [9, 3] }",
    ],
    ['returns null', '() => null', 'the format step of tested returned null'],
    ['returns a number', '() => 5', 'the format step of tested returned 5'],
    ['returns a list of sizes', '() => [1, 2]', 'the format step of tested returned [ 1, 2 ]'],
    [
      'returns a promise',
      'async (input) => input',
      'returned a promise, expected a format; a format step must not be async',
    ],
    ['returns a promise that is rejected', 'async () => { throw new Error("late") }', 'returned a promise'],
    [
      'returns properties that throw',
      '() => ({ get dtype() { throw undefined } })',
      'it threw undefined, which is no Error',
    ],
    [
      'returns a function as dtype',
      '(input) => ({ ...input, dtype: () => 1 })',
      'returned dtype [Function: dtype]',
    ],
    ['throws an Error', "() => { throw new Error('no luck') }", 'its format step threw: no luck (index.js:'],
    [
      'throws undefined',
      '() => { throw undefined }',
      'its format step threw: it threw undefined, which is no Error',
    ],
    ['throws null', '() => { throw null }', 'its format step threw: it threw null'],
    ['throws a text', "() => { throw 'a text' }", 'its format step threw: a text'],
    [
      'throws an object whose properties throw',
      '() => { throw { get name() { throw 1 }, get message() { throw 2 } } }',
      'its format step threw: it threw { name: [Getter], message: [Getter] }',
    ],
    [
      'throws a Proxy',
      '() => { throw new Proxy(function () {}, { get() { throw 1 }, getPrototypeOf() { throw 2 } }) }',
      'its format step threw: it threw',
    ],
    ['refuses', "() => { throw new FormatError('needs pictures') }", 'needs pictures'],
    [
      'refuses with a FormatError of its own',
      "() => { throw Object.assign(new Error('needs sound'), { name: 'FormatError' }) }",
      'needs sound',
    ],
  ])('is refused when it %s', async (_, code, message) => {
    const transformation = await hosted({ format: code });
    expect(() => prepare(transformation)).toThrow(message);
    // The thread lives on.
    expect(transformation.parse({})).toEqual({ parameters: 1 });
  });

  it.each([
    [
      'an object',
      '() => ({ x: 1 })',
      'the format step of tested returned { x: 1 }, expected a Map of formats',
    ],
    [
      'a promise',
      'async (FLOW) => flow',
      'returned a promise, expected a Map of formats; a format step must not be async',
    ],
    [
      'a key that is no name',
      "() => new Map([[Symbol('x'), {}]])",
      'returned a Map with the key Symbol(x), expected names of values',
    ],
    ['nothing for a name', "() => new Map([['x', undefined]])", 'returned undefined, expected a format'],
  ])('over all values is refused when it returns %s', async (_, code, message) => {
    const transformation = await hosted({ over: 'flow', format: code });
    expect(() => prepare(transformation)).toThrow(message);
  });

  it('leaves formats without what is no part of them', async () => {
    const transformation = await hosted({
      format: "({ shape }) => ({ dtype: 'int8', shape: [...shape, 3], unit: 'g', note: () => 1 })",
    });
    const { parameters } = transformation.parse({}) as { parameters: unknown };
    expect(transformation.formatFlow(FORMAT, parameters, NAMES)).toEqual(
      new Map([['x', { kind: 'tensor', dtype: 'int8', shape: ['n', 3], unit: 'g' }]]),
    );
  });

  it('is not taken for the answer to a later question when it answers too late', async () => {
    const slow =
      "(input) => { if (input.unit === 'slow') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 700); return input }";
    const transformation = await hosted({ format: slow }, { questionTimeoutMs: 400 });
    const { parameters } = transformation.parse({}) as { parameters: unknown };
    const slowFormat: FlowFormat = new Map([['x', { kind: 'tensor', shape: [1], unit: 'slow' }]]);
    expect(() => transformation.formatFlow(slowFormat, parameters, NAMES)).toThrow(
      'did not answer within 400 ms',
    );
    const later = (): FlowFormat => transformation.formatFlow(FORMAT, parameters, NAMES);
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(later()).toEqual(FORMAT);
  });

  it('is refused when the check of its parameters throws', async () => {
    const transformation = await hosted({ parameters: '{ safeParse() { throw undefined } }' });
    expect(transformation.parse({})).toEqual({
      problems: [
        { path: '', message: 'the check of its parameters failed: it threw undefined, which is no Error' },
      ],
    });
  });
});

describe('a module that does not load', () => {
  it.each([
    [
      'a syntax error',
      'module.exports = () => {\n  const a = ;\n};',
      "index.js does not load: Unexpected token ';' (index.js:2:13)",
    ],
    [
      'an Error at the top',
      "\nthrow new Error('at the top');",
      'index.js does not load: at the top (index.js:2:7)',
    ],
    [
      'undefined at the top',
      'throw undefined;',
      'index.js does not load: it threw undefined, which is no Error',
    ],
    [
      'an Error of its function',
      "module.exports = () => {\n  throw new Error('in it');\n};",
      'index.js: its exported function threw: in it (index.js:2:9)',
    ],
    [
      'a Proxy of its function',
      'module.exports = () => { throw new Proxy({}, { get() { throw 1 } }) };',
      'its exported function threw: it threw {}',
    ],
    ['a module that is not there', "require('./nowhere.js');", "Cannot find module './nowhere.js'"],
    [
      'a name that is no text',
      'module.exports = () => ({ name: Object.create(null), format() {}, apply() {}, parameters: { safeParse() {} } });',
      'defines [Object: null prototype] {}',
    ],
  ])('says where %s is', async (_, code, message) => {
    await expect(hosted(code)).rejects.toThrow(message);
  });

  it('says where a syntax error of a file that it needs is', async () => {
    const directory = temporaryFolder({
      'index.js': "require('./lib/part');",
      'lib/part.js': '\n\nlet let = 1;',
    });
    const started = TransformationHost.start({
      components: [{ name: 'tested', entry: join(directory, 'index.js'), directory }],
      loadTimeoutMs: LONG_MS,
      questionTimeoutMs: LONG_MS,
    });
    await expect(started).rejects.toThrow(/ \(lib\/part\.js:3:5\)$/);
  });
});
