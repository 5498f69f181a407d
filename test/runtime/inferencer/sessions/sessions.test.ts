import { ConfigurationError } from '../../../../contracts/program/problem';
import { InlineSession } from '../../../../runtime/inferencer/sessions/inline-session';
import { type ModelSession } from '../../../../runtime/inferencer/sessions/model-session';
import { WorkerSession } from '../../../../runtime/inferencer/sessions/worker-session';
import { tensor, zeros } from '../../../../runtime/tensor/tensor';
import { type OnnxGraph } from '../../../fixtures/models/onnx';
import {
  castModel,
  concatStringsModel,
  doubleModel,
  identityModel,
  lookUpModel,
  lstmModel,
  meanModel,
  namelessModel,
  runningSumModel,
  sumAndProductModel,
} from '../../../fixtures/models/tiny-models';
import { writeFile, writeModel } from '../../../fixtures/models/write-model';

const floats = (shape: number[], ...values: number[]) => tensor('float32', shape, Float32Array.from(values));
const strings = (...values: string[]) =>
  tensor(
    'string',
    [values.length],
    values.map((text) => Buffer.from(text)),
  );

/** What every kind of session does alike. */
describe.each([
  ['inline', InlineSession],
  ['worker', WorkerSession],
  [
    'process',
    {
      open: (options: Parameters<typeof WorkerSession.open>[0]) =>
        WorkerSession.open({ ...options, host: 'process' }),
    },
  ],
] as const)('an %s session', (_, Session) => {
  let session: ModelSession | undefined;

  async function open(graph: OnnxGraph): Promise<ModelSession> {
    session = await Session.open({ modelFile: writeModel(graph), threads: 1 });
    return session;
  }

  function refusal(modelFile: string): Promise<unknown> {
    return Session.open({ modelFile, threads: 1 }).then(
      () => fail('it opened'),
      (error: unknown) => error,
    );
  }

  afterEach(async () => {
    await session?.close();
    session = undefined;
  });

  it('runs a model with several inputs and outputs', async () => {
    const { run } = bind(await open(sumAndProductModel()));
    const answer = await run({ a: floats([2, 3], 1, 2, 3, 4, 5, 6), b: floats([2, 3], 2, 2, 2, -1, 0, 0.5) });
    expect(answer).toEqual({
      sum: floats([2, 3], 3, 4, 5, 3, 5, 6.5),
      product: floats([2, 3], 2, 4, 6, -4, 0, 3),
    });
  });

  it('carries a recurrent state from run to run', async () => {
    const { run } = bind(await open(runningSumModel()));
    let state = floats([1, 2], 0, 0);
    for (let time = 0; time < 3; time++) {
      ({ next: state } = (await run({ x: floats([1, 2], 1, 10), state })) as { next: typeof state });
    }
    expect(state).toEqual(floats([1, 2], 3, 30));
  });

  it('passes text of any length and script as the bytes that it is', async () => {
    const { run } = bind(await open(concatStringsModel()));
    const answer = await run({ first: strings('a', 'Größe €', '\uFEFFx'), second: strings('', '😀', 'y') });
    expect(answer.both.shape).toEqual([3]);
    expect((answer.both.data as Uint8Array[]).map(String)).toEqual(['a', 'Größe €😀', '\uFEFFxy']);
  });

  it.each([
    ['not UTF-8', Uint8Array.of(0xff, 0x41), /string 1 of model input 'first' is not valid UTF-8/],
    ['cut by a NUL', Buffer.from('a\0b'), /string 1 of model input 'first' has a NUL byte/],
  ])('refuses text that is %s', async (_what, bytes, message) => {
    const { run } = bind(await open(concatStringsModel()));
    const first = tensor('string', [2], [Buffer.from('ok'), bytes]);
    await expect(run({ first, second: strings('', '') })).rejects.toMatchObject({
      code: 'INPUT_MISMATCH',
      message: expect.stringMatching(message) as string,
    });
  });

  it.each([
    ['float32', Float32Array.of(-1.5, 3)],
    ['float64', Float64Array.of(-1.5, NaN)],
    ['float16', Uint16Array.of(0x3c00, 0xfc00)],
    ['int8', Int8Array.of(-128, 127)],
    ['int16', Int16Array.of(-32768, 32767)],
    ['int32', Int32Array.of(-(2 ** 31), 2 ** 31 - 1)],
    ['int64', BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n)],
    ['uint8', Uint8Array.of(0, 255)],
    ['uint16', Uint16Array.of(0, 65535)],
    ['uint32', Uint32Array.of(0, 2 ** 32 - 1)],
    ['uint64', BigUint64Array.of(0n, 2n ** 64n - 1n)],
    ['bool', Uint8Array.of(0, 1)],
  ] as const)('passes %s unchanged', async (dtype, data) => {
    const { run } = bind(await open(identityModel(dtype)));
    const x = tensor(dtype, [1, 2], data);
    expect(await run({ x })).toEqual({ y: x });
  });

  it('reads halves as the numbers that their bits mean', async () => {
    const { run } = bind(await open(castModel('float16', 'float32')));
    const x = tensor('float16', [3], Uint16Array.of(0x3c00, 0xc500, 0x7c00));
    expect(await run({ x })).toEqual({ y: floats([3], 1, -5, Infinity) });
  });

  it('passes scalars and empty tensors', async () => {
    const { run } = bind(await open(doubleModel()));
    expect(await run({ x: floats([], 21) })).toEqual({ y: floats([], 42) });
    await session?.close();
    const mean = bind(await open(meanModel()));
    expect(await mean.run({ x: floats([0, 4]) })).toEqual({ mean: floats([0]) });
  });

  it('tells the formats of the model, with a name of its own for each nameless axis', async () => {
    const { metadata } = await open(namelessModel());
    expect(metadata.inputs).toEqual({ x: { kind: 'tensor', dtype: 'float32', shape: ['x.0', 2] } });
    expect(metadata.outputs).toEqual({ y: { kind: 'tensor', dtype: 'float32', shape: ['y.0', 2] } });
  });

  it('knows the models that end the process when they get no elements', async () => {
    expect((await open(lstmModel())).refusesEmpty).toBe(true);
    await session?.close();
    expect((await open(meanModel())).refusesEmpty).toBe(false);
  });

  it("leaves the caller's tensors alone unless they are given away", async () => {
    const { run } = bind(await open(identityModel('float32')));
    const x = floats([1, 2], 5, 6);
    await run({ x });
    expect(x.data).toEqual(Float32Array.of(5, 6));
  });

  it('runs on a view of a larger buffer', async () => {
    const { run } = bind(await open(identityModel('float32')));
    const data = Float32Array.of(0, 5, 6, 0).subarray(1, 3);
    expect(await run({ x: tensor('float32', [1, 2], data) }, true)).toEqual({ y: floats([1, 2], 5, 6) });
    expect(data).toEqual(Float32Array.of(5, 6));
  });

  it('says which sizes do not fit, and goes on', async () => {
    const { run } = bind(await open(sumAndProductModel()));
    await expect(run({ a: floats([1, 3], 1, 2, 3), b: floats([1, 2], 1, 2) })).rejects.toMatchObject({
      code: 'MODEL_REFUSED',
      message: expect.stringMatching(/index: 1 Got: 2 Expected: 3/) as string,
    });
    expect(await run({ a: zeros('float32', [1, 3]), b: zeros('float32', [1, 3]) })).toBeDefined();
  });

  it('says which operator refuses a value', async () => {
    const { run } = bind(await open(lookUpModel()));
    const index = tensor('int64', [1], BigInt64Array.of(99n));
    await expect(run({ index })).rejects.toMatchObject({
      code: 'MODEL_REFUSED',
      message:
        "the model cannot take these values in operator Gather 'Gather_0': " +
        'indices element out of data bounds, idx=99 must be within the inclusive range [-10,9]',
    });
  });

  it.each([
    ['missing', () => '/nowhere/model.onnx', /the model file is missing/],
    ['empty', () => writeFile('model.onnx', ''), /the model file is empty/],
    ['a folder', () => __dirname, /is not a file/],
    [
      'no model',
      () => writeFile('model.onnx', 'not a model'),
      /cannot load this model: Protobuf parsing failed/,
    ],
    [
      'of a dtype that cannot be passed',
      () => writeModel(identityModel('bfloat16')),
      /'x' is bfloat16, which cannot/,
    ],
    ['of complex numbers', () => writeModel(identityModel('complex64')), /complex64/],
  ])('names the file when it is %s', async (_what, makeFile, message) => {
    const modelFile = makeFile();
    const error = await refusal(modelFile);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as ConfigurationError).message).toMatch(message);
    expect((error as ConfigurationError).source).toBe(modelFile);
  });
});

function bind(session: ModelSession) {
  return {
    run: (feeds: Parameters<ModelSession['run']>[0], owned = false) => session.run(feeds, owned),
  };
}
