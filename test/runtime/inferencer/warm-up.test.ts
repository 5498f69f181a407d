import { pipelineDocumentSchema } from '../../../runtime/definition/pipeline-document';
import { InferenceError } from '../../../runtime/errors';
import { type ModelMetadata } from '../../../runtime/formats/model-metadata';
import { type ModelSession } from '../../../runtime/inferencer/sessions/model-session';
import { warmUp, type WarmUp } from '../../../runtime/inferencer/warm-up';
import { type NamedTensors } from '../../../runtime/tensor/tensor';

/** Answers what it gets, and remembers the rows of each run. */
class EchoSession implements ModelSession {
  readonly refusesEmpty = false;
  readonly blocksCaller = false;
  readonly state = 'ready';
  readonly lastRunMs = 0.01;
  readonly metadata: ModelMetadata;
  readonly rows: number[] = [];

  constructor(
    inputAxis: string,
    outputAxis: string,
    private readonly fewestRows = 1,
  ) {
    this.metadata = {
      inputs: { x: { kind: 'tensor', dtype: 'float32', shape: [inputAxis, 2] } },
      outputs: { y: { kind: 'tensor', dtype: 'float32', shape: [outputAxis, 2] } },
    };
  }

  run({ x }: NamedTensors): Promise<NamedTensors> {
    this.rows.push(x.shape[0]);
    if (x.shape[0] < this.fewestRows)
      return Promise.reject(new InferenceError('MODEL_REFUSED', 'too few rows'));
    return Promise.resolve({ y: x });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

async function tryOut(session: EchoSession, batching: object | false = {}): Promise<WarmUp> {
  const document = pipelineDocumentSchema.shape.inferencer.parse({ batching });
  return warmUp(session, { inputFormats: {}, batching: document.batching });
}

it.each<[string, EchoSession, object | false]>([
  ['its axes have different names', new EchoSession('people', 'answers'), {}],
  ['the document turns batching off', new EchoSession('n', 'n'), false],
  [
    'the document says that its rows depend on each other',
    new EchoSession('n', 'n'),
    { independentRows: false },
  ],
])('a model that runs unbatched is tried with one row (%s)', async (_, session, batching) => {
  expect(await tryOut(session, batching)).toMatchObject({ batchable: false });
  expect(new Set(session.rows)).toEqual(new Set([1]));
});

it('a model that does not take one row is tried with more', async () => {
  const session = new EchoSession('people', 'answers', 8);
  expect((await tryOut(session)).refusal).toBeUndefined();
  expect(session.rows.at(-1)).toBe(8);
});

it('a batched model is tried with a full batch', async () => {
  const session = new EchoSession('n', 'n');
  expect(await tryOut(session, { maxBatchSize: 16 })).toMatchObject({ batchable: true });
  expect(Math.max(...session.rows)).toBe(16);
});

it('a model whose axes exporters numbered shares runs once the trial has shown that it may', async () => {
  expect(await tryOut(new EchoSession('x.0', 'y.0'))).toMatchObject({ batchable: true });
});
