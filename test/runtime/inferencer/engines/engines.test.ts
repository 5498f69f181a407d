import { join } from 'node:path';
import { ENGINE_NAMES } from '../../../../contracts/names/engines';
import {
  pipelineDocumentSchema,
  type InferencerDocument,
} from '../../../../runtime/definition/pipeline-document';
import { engineModule, loadEngine, registerEngine } from '../../../../runtime/inferencer/engines/engines';
import { openInferencer, type OpenedInferencer } from '../../../../runtime/inferencer/open-inferencer';
import { tensor } from '../../../../runtime/tensor/tensor';
import { writeFile } from '../../../fixtures/models/write-model';

const x = (...values: number[]) => ({ x: tensor('float32', [values.length], Float32Array.from(values)) });

describe('the engines', () => {
  it('are those that a document can name', () => {
    for (const name of ENGINE_NAMES) expect(loadEngine(name).name).toBe(name);
  });

  it('are listed to whoever asks for another one', () => {
    expect(() => engineModule('onyx')).toThrow(
      `inferencer.use: there is no inferencer 'onyx'; did you mean "onnx"?; there are: onnx`,
    );
  });
});

describe.each(['inline', 'worker'] as const)('another engine, %s', (execution) => {
  let opened: OpenedInferencer | undefined;

  async function open(model: string, parameters: object = {}): Promise<OpenedInferencer> {
    registerEngine('line', join(__dirname, '../../../fixtures/engines/line-engine'));
    const document = pipelineDocumentSchema.shape.inferencer.parse({ execution });
    opened = await openInferencer({
      modelFile: writeFile('line.json', model),
      document: { ...document, use: 'line', ...parameters } as unknown as InferencerDocument,
      cpus: 1,
      allowInlineTrial: true,
    });
    return opened;
  }

  afterEach(async () => {
    await opened?.inferencer.close();
    opened = undefined;
  });

  it('answers with its parameters, and requests share its runs', async () => {
    const { inferencer, batchable } = await open('{ "slope": 2 }', { intercept: 1 });
    expect(batchable).toBe(true);
    const requests: number[] = [];
    const answers = await Promise.all(
      [1, 2, 3].map((value) =>
        inferencer.predict(x(value), { onTimes: ({ batchRequests }) => requests.push(batchRequests) }),
      ),
    );
    expect(answers.map(({ y }) => [...(y.data as Float32Array)])).toEqual([[3], [5], [7]]);
    expect(requests).toEqual([3, 3, 3]);
  });

  it('says what it refuses, and its own faults fail their run only', async () => {
    const { inferencer } = await open('{ "slope": 2 }');
    const outcomes = await Promise.allSettled([-1, 13, 4].map((value) => inferencer.predict(x(value))));
    expect(outcomes).toMatchObject([
      { reason: { code: 'MODEL_REFUSED', message: 'x is below 0' } },
      { reason: { code: 'MODEL_FAILED', message: 'the model run failed: thirteen' } },
      { value: { y: { shape: [1] } } },
    ]);
  });

  it('refuses a file that is no model of its, and parameters that it does not know', async () => {
    await expect(open('{}')).rejects.toThrow('line.json: slope: must be a number');
    await expect(open('{ "slope": 2 }', { intersept: 1 })).rejects.toThrow(/inferencer\.?.*intersept/);
  });
});
