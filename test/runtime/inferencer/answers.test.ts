import { isDeepStrictEqual } from 'node:util';
import { pipelineDocumentSchema } from '../../../runtime/definition/pipeline-document';
import { type Inferencer } from '../../../runtime/inferencer/inferencer';
import { type NamedTensors } from '../../../runtime/tensor/tensor';
import { openInferencer } from '../../../runtime/inferencer/open-inferencer';
import { elementCount } from '../../../runtime/tensor/shape';
import { tensor, type Tensor } from '../../../runtime/tensor/tensor';
import { type OnnxGraph } from '../../fixtures/models/onnx';
import { buildFallDetectionModel, WEIGHTS } from '../../fixtures/fall-detection';
import {
  concatStringsModel,
  lookUpModel,
  meanModel,
  sumAndProductModel,
} from '../../fixtures/models/tiny-models';
import { randomNumbers } from '../../fixtures/seed';
import { writeFile, writeModel } from '../../fixtures/models/write-model';

const CALLERS = 24;
const REQUESTS_EACH = 40;

const WAYS = [
  { execution: 'inline', batching: false },
  { execution: 'inline', batching: { maxBatchSize: 16 } },
  { execution: 'inline', batching: { maxBatchSize: 64, maxQueueDelayMs: 1 } },
  { execution: 'worker', batching: false },
  { execution: 'worker', batching: { maxBatchSize: 16 } },
  { execution: 'worker', workers: 2, batching: { maxBatchSize: 16 } },
];

type Random = () => number;
const upTo = (random: Random, limit: number): number => Math.floor(random() * limit);

function floats(random: Random, ...shape: number[]): Tensor {
  return tensor(
    'float32',
    shape,
    Float32Array.from({ length: elementCount(shape) }, () => 4 * random() - 2),
  );
}

function words(random: Random, count: number): Tensor {
  const data = Array.from({ length: count }, () => Buffer.from(`wörd ${upTo(random, 1e6)}`));
  return tensor('string', [count], data);
}

const MODELS: [string, () => string, (random: Random) => NamedTensors][] = [
  [
    'fall detection',
    () => writeFile('model.onnx', buildFallDetectionModel(WEIGHTS)),
    (random) => ({ input: floats(random, 1, 9, 4) }),
  ],
  [
    'several inputs and several rows',
    model(sumAndProductModel),
    (random) => {
      const rows = upTo(random, 4);
      return { a: floats(random, rows, 3), b: floats(random, rows, 3) };
    },
  ],
  ['rows of several lengths', model(meanModel), (random) => ({ x: floats(random, 1, 1 + upTo(random, 3)) })],
  ['text', model(concatStringsModel), (random) => ({ first: words(random, 2), second: words(random, 2) })],
  [
    'whole numbers',
    model(lookUpModel),
    (random) => ({ index: tensor('int64', [1], BigInt64Array.of(BigInt(upTo(random, 10)))) }),
  ],
];

function model(make: () => OnnxGraph): () => string {
  return () => writeModel(make());
}

async function open(modelFile: string, document: object): Promise<Inferencer> {
  const { inferencer } = await openInferencer({
    modelFile,
    document: pipelineDocumentSchema.shape.inferencer.parse(document),
    cpus: 1,
    allowInlineTrial: true,
  });
  return inferencer;
}

/** Many callers at once, each with one request after the other; the answers by caller and request. */
async function ask(
  inferencer: Inferencer,
  makeInputs: (random: Random) => NamedTensors,
): Promise<NamedTensors[][]> {
  return Promise.all(
    Array.from({ length: CALLERS }, async (_, caller) => {
      const random = randomNumbers(caller);
      const answers: NamedTensors[] = [];
      for (let request = 0; request < REQUESTS_EACH; request++) {
        answers.push(await inferencer.predict(makeInputs(random)));
      }
      return answers;
    }),
  );
}

/** Whether an answer is the expected one: to within 1e-6 where it is of floats. */
function isClose(got: NamedTensors, expected: NamedTensors): boolean {
  return Object.entries(expected).every(([name, { dtype, shape, data }]) => {
    const tensor = got[name];
    if (tensor.dtype !== dtype || String(tensor.shape) !== String(shape)) return false;
    if (dtype !== 'float32') return isDeepStrictEqual(tensor.data, data);
    const values = tensor.data as Float32Array;
    return (data as Float32Array).every((value, index) => Math.abs(values[index] - value) <= 1e-6);
  });
}

describe.each(MODELS)('%s', (_, makeFile, makeInputs) => {
  let modelFile: string;
  let expected: NamedTensors[][];

  beforeAll(async () => {
    modelFile = makeFile();
    const alone = await open(modelFile, WAYS[0]);
    expected = [];
    for (let caller = 0; caller < CALLERS; caller++) {
      const random = randomNumbers(caller);
      const answers: NamedTensors[] = [];
      for (let request = 0; request < REQUESTS_EACH; request++)
        answers.push(await alone.predict(makeInputs(random)));
      expected.push(answers);
    }
    await alone.close();
  });

  it.each(WAYS)('gives every request of many callers its own answer: %j', async (document) => {
    const inferencer = await open(modelFile, document);
    const answers = await ask(inferencer, makeInputs);
    await inferencer.close();
    const wrong = answers.flatMap((given, caller) =>
      given.flatMap((answer, request) =>
        isClose(answer, expected[caller][request]) ? [] : [{ caller, request, answer }],
      ),
    );
    expect(wrong).toEqual([]);
    expect(answers.flat()).toHaveLength(CALLERS * REQUESTS_EACH);
  });
});
