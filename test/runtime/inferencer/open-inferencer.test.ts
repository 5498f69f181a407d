import {
  pipelineDocumentSchema,
  type InferencerDocument,
} from '../../../runtime/definition/pipeline-document';
import { ConfigurationError } from '../../../contracts/program/problem';
import {
  openInferencer,
  type OpenedInferencer,
  type OpenInferencerOptions,
} from '../../../runtime/inferencer/open-inferencer';
import { countBusyThreads } from '../../../runtime/inferencer/sessions/model-thread';
import { tensor } from '../../../runtime/tensor/tensor';
import { type OnnxGraph } from '../../fixtures/models/onnx';
import { buildFallDetectionModel, WEIGHTS } from '../../fixtures/fall-detection';
import {
  busyModel,
  centredModel,
  concatStringsModel,
  doubleModel,
  identityModel,
  lookUpModel,
  lstmModel,
  meanModel,
  namelessModel,
  noiseModel,
  pickyModel,
  runningSumModel,
  slowModel,
  sumAndProductModel,
} from '../../fixtures/models/tiny-models';
import { writeFile, writeModel } from '../../fixtures/models/write-model';

let opened: OpenedInferencer | undefined;
let logged: { level: string; message: string; fields: Record<string, unknown> }[];

async function open(
  modelFile: string,
  document: Record<string, unknown> = {},
  options: Partial<OpenInferencerOptions> = {},
): Promise<OpenedInferencer> {
  logged = [];
  opened = await openInferencer({
    modelFile,
    document: parse(document),
    cpus: 2,
    allowInlineTrial: true,
    log: (level, message, fields) => logged.push({ level, message, fields }),
    ...options,
  });
  return opened;
}

/** Measured on a busy machine even a tiny model may seem slow: it is tried again then. */
async function openInline(tryModel: () => Promise<OpenedInferencer>): Promise<OpenedInferencer> {
  let model = await tryModel();
  for (let tries = 1; model.execution !== 'inline' && tries < 10; tries++) {
    await model.inferencer.close();
    model = await tryModel();
  }
  return model;
}

function parse(document: Record<string, unknown>): InferencerDocument {
  return pipelineDocumentSchema.shape.inferencer.parse(document);
}

function reasonNotToBatch(): unknown {
  return logged.find(({ message }) => message === 'requests do not share runs of this model')?.fields.reason;
}

afterEach(async () => {
  await opened?.inferencer.close();
  opened = undefined;
});

describe('where a model runs', () => {
  it('keeps a tiny model in this thread', async () => {
    const file = writeFile('model.onnx', buildFallDetectionModel(WEIGHTS));
    const model = await openInline(() => open(file));
    expect(model).toMatchObject({ execution: 'inline', sessions: 1, threads: 1, batchable: true });
    expect(model.fullRunMs).toBeGreaterThan(0);
  });

  it('gives a slow model a worker, with the threads that there are CPUs for', async () => {
    const model = await open(writeModel(slowModel(200)));
    expect(model).toMatchObject({ execution: 'worker', sessions: 1, threads: 2, batchable: true });
    expect(model.fullRunMs).toBeGreaterThan(1);
  });

  it('measures a tiny model in a worker where this thread must not wait, and then moves it here', async () => {
    // The first model of a process takes longer to load.
    await open(writeModel(meanModel()));
    await opened?.inferencer.close();
    const file = writeModel(meanModel());
    const model = await openInline(() => open(file, {}, { allowInlineTrial: false }));
    expect(model.execution).toBe('inline');
    const x = tensor('float32', [1, 2], Float32Array.of(1, 3));
    expect(await model.inferencer.predict({ x })).toEqual({
      mean: tensor('float32', [1], Float32Array.of(2)),
    });
  });

  it.each([
    [{ execution: 'inline' }, { execution: 'inline', sessions: 1, threads: 2 }],
    [
      { execution: 'inline', threads: 3 },
      { execution: 'inline', sessions: 1, threads: 3 },
    ],
    [{ execution: 'worker' }, { execution: 'worker', sessions: 1, threads: 2 }],
    [
      { execution: 'worker', workers: 2 },
      { execution: 'worker', sessions: 2, threads: 1 },
    ],
    [
      { execution: 'auto', workers: 3 },
      { execution: 'worker', sessions: 3, threads: 1 },
    ],
    [
      { execution: 'worker', workers: 2, threads: 2 },
      { execution: 'worker', sessions: 2, threads: 2 },
    ],
  ])('does as the document says: %j', async (document, expected) => {
    expect(await open(writeModel(meanModel()), document)).toMatchObject(expected);
  });
});

describe('whether requests share runs', () => {
  it.each<[string, () => OnnxGraph]>([
    ['several inputs', sumAndProductModel],
    ['free axes', meanModel],
    ['text', concatStringsModel],
    ['whole numbers', lookUpModel],
    ['nameless axes', namelessModel],
    ['halves', () => identityModel('float16')],
  ])('lets requests share runs of a model with %s', async (_, makeModel) => {
    expect((await open(writeModel(makeModel()))).batchable).toBe(true);
    expect(logged.map(({ level, message }) => [level, message])).toEqual([['info', 'model opened']]);
  });

  it.each<[string, () => OnnxGraph, RegExp]>([
    ['a fixed axis 0', runningSumModel, /axis 0 of input 'x' is always 1/],
    ['scalars', doubleModel, /input 'x' is a scalar/],
    ['time on axis 0', lstmModel, /axis 0 of output 'y' is always 1/],
    [
      'rows that depend on each other',
      centredModel,
      /row 0 of output 'y' depends on the other rows of its batch/,
    ],
    ['chance', noiseModel, /output 'y' depends on the other rows/],
  ])('runs a model with %s request by request, and says why', async (_, makeModel, reason) => {
    expect((await open(writeModel(makeModel()))).batchable).toBe(false);
    expect(reasonNotToBatch()).toMatch(reason);
  });

  it('runs request by request where the document says so, without a remark', async () => {
    expect((await open(writeModel(meanModel()), { batching: false })).batchable).toBe(false);
    expect(reasonNotToBatch()).toBeUndefined();
  });
});

describe('models that are hard to try', () => {
  it('opens a model that refuses all made-up inputs, with a warning, and it serves real ones', async () => {
    const { inferencer, execution } = await open(writeModel(pickyModel()));
    expect(execution).toBe('worker');
    expect(logged[0]).toMatchObject({
      level: 'warn',
      message: 'the model could not be warmed up with made-up inputs',
      fields: { reason: expect.stringMatching(/Gather/) as string },
    });
    const answer = await inferencer.predict({ index: tensor('int64', [1], BigInt64Array.of(7n)) });
    expect(answer.y.data).toEqual(BigInt64Array.of(7n));
  });

  it('tries a model with the sizes that its pipeline knows', async () => {
    // Two axes of one model that only fit at these sizes.
    const model = await open(
      writeModel(sumAndProductModel()),
      {},
      { inputFormats: { a: { kind: 'tensor', dtype: 'float32', shape: [1, 3] } } },
    );
    expect(model.batchable).toBe(true);
  });

  it('refuses an empty tensor that would end the process, and serves on', async () => {
    const { inferencer } = await open(writeModel(lstmModel('batch')));
    const x = (length: number, batch: number) =>
      tensor('float32', [length, batch, 2], new Float32Array(length * batch * 2));
    await expect(inferencer.predict({ x: x(3, 0) })).rejects.toMatchObject({
      code: 'MODEL_REFUSED',
      message: "model input 'x' is empty: [3, 0, 2]; each axis of it must be at least 1 for this model",
    });
    expect((await inferencer.predict({ x: x(3, 1) })).y.shape).toEqual([1, 1, 1]);
  });

  it('answers no windows with no confidences, though the engine cannot', async () => {
    const { inferencer } = await open(writeFile('model.onnx', buildFallDetectionModel(WEIGHTS)));
    const answer = await inferencer.predict({ input: tensor('float32', [0, 9, 4], new Float32Array(0)) });
    expect(answer.prediction).toEqual(tensor('float32', [0, 1], new Float32Array(0)));
  });
});

it.each(['auto', 'inline', 'worker'])('names the file that cannot be loaded (%s)', async (execution) => {
  const modelFile = writeFile('model.onnx', 'no model');
  const error: unknown = await open(modelFile, { execution }).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(ConfigurationError);
  expect((error as ConfigurationError).message).toContain(
    `${modelFile}: ONNX Runtime cannot load this model`,
  );
});

it.each(['inline', 'worker'])('names the execution providers that there are (%s)', async (execution) => {
  const modelFile = writeModel(meanModel());
  const refused = open(modelFile, { execution, providers: [{ name: 'coreml' }, 'cpu'] });
  await expect(refused).rejects.toThrow(
    /mean\.onnx: inferencer\.providers: there is no execution provider 'coreml' here; there are: cpu/,
  );
  const { inferencer } = await open(modelFile, {
    execution,
    providers: ['cpu'],
    graphOptimization: 'disabled',
  });
  const x = tensor('float32', [1, 2], Float32Array.of(1, 3));
  expect((await inferencer.predict({ x })).mean.data).toEqual(Float32Array.of(2));
});

it('gives up a run past the limit, tells so, and serves on', async () => {
  const states: string[] = [];
  const { inferencer } = await open(
    writeModel(busyModel()),
    { threads: 1, hangLimitMs: 200 },
    { onWorkerState: (worker, state) => states.push(`${worker} ${state}`) },
  );
  const times = (count: bigint) => ({ times: tensor('int64', [], BigInt64Array.of(count)) });
  const startedMs = performance.now();
  await inferencer.predict(times(100n));
  const turnMs = (performance.now() - startedMs) / 100;
  const long = inferencer.predict(times(BigInt(Math.ceil(800 / turnMs))));
  const next = inferencer.predict(times(1n));
  await expect(long).rejects.toMatchObject({ code: 'WORKER_LOST' });
  expect((await next).done.shape).toEqual([]);
  expect(states).toEqual(['0 restarting', '0 ready']);
  await untilIdle();
});

it('keeps a tiny model whose runs have a limit in a process, where they can be ended', async () => {
  const { execution } = await open(writeModel(identityModel('float32')), { hangLimitMs: 1000 });
  expect(execution).toBe('process');
});

it('refuses a model that does not keep its own limit at warm-up', async () => {
  const modelFile = writeModel(slowModel(2000));
  const error: unknown = await open(modelFile, { hangLimitMs: 10 }).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(ConfigurationError);
  expect((error as ConfigurationError).message).toBe(
    `${modelFile}: the model could not be warmed up: a run took longer than 10 ms and was given up`,
  );
  await untilIdle();
});

/** Until no thread is in a run: a test process must not end before. */
async function untilIdle(): Promise<void> {
  while (countBusyThreads() > 0) await new Promise((resolve) => setTimeout(resolve, 10));
}
