import { type PipelineDocumentInput } from '../../../runtime/definition/pipeline-document';
import { toTensor } from '../../../runtime/grpc/tensors/converters';
import { tensor, type Tensor } from '../../../runtime/tensor/tensor';
import {
  brightPixelsModel,
  pictureWith,
  type BrightPixelsOptions,
} from '../../fixtures/models/bright-pixels';
import { pipelineFolder } from '../../fixtures/pipeline-folder';
import { startServer } from '../../fixtures/start-server';
import { StockClient, request } from '../../fixtures/stock-client';

type Answer = Readonly<Record<string, Tensor>> | string;

const HEIGHT = 4;
const WIDTH = 5;
const PREPROCESSING = [
  { use: 'split-batch' },
  { use: 'transpose', axes: [2, 0, 1] },
  { use: 'image-to-float' },
];
const POSTPROCESSING = [{ use: 'filter-detections' }, { use: 'gather-detections' }];

/** Serves a pipeline around the model and returns the answers, or the errors' messages. */
async function answers(
  batch: BrightPixelsOptions['batch'],
  document: Omit<PipelineDocumentInput, 'name' | 'model'> & { model?: object },
  requests: readonly Tensor[],
): Promise<Answer[]> {
  const path = pipelineFolder(brightPixelsModel({ height: HEIGHT, width: WIDTH, batch }), {
    name: 'pictures',
    ...document,
  });
  const { server, grpc } = await startServer([path]);
  const client = new StockClient(grpc);
  try {
    const { responses } = await client.call(requests.map((pictures, id) => request(id, { pictures })));
    return responses.map(({ tensors, error }) =>
      error === undefined
        ? Object.fromEntries(tensors.map(([name, proto]) => [name, toTensor(proto, name)]))
        : `${error.code} at ${error.step}: ${error.message}`,
    );
  } finally {
    client.close();
    await server.stop();
  }
}

function batchOf(...pictures: readonly Tensor<'uint8'>[]): Tensor {
  const data = Buffer.concat(pictures.map((picture) => picture.data));
  return tensor('uint8', [pictures.length, ...pictures[0].shape], new Uint8Array(data));
}

const twoScratches = pictureWith(HEIGHT, WIDTH, [
  [1, 2, 200],
  [3, 0, 255],
  [0, 4, 100],
]);
const clean = pictureWith(HEIGHT, WIDTH, []);
const one = pictureWith(HEIGHT, WIDTH, [[2, 2, 190]]);

function maskAt(row: number, column: number): number[] {
  return Array.from({ length: HEIGHT * WIDTH }, (_, pixel) => (pixel === row * WIDTH + column ? 1 : 0));
}

/** What a batch of the three pictures is answered, worked out by hand. */
function expectAnswer(answer: Answer): void {
  if (typeof answer === 'string') throw new Error(answer);
  expect(Object.keys(answer).sort()).toEqual(['boxes', 'labels', 'masks', 'results', 'scores']);
  expect(answer.results).toEqual(tensor('int64', [3], BigInt64Array.of(2n, 0n, 1n)));
  expect(answer.labels).toEqual(tensor('int64', [3], BigInt64Array.of(1n, 1n, 1n)));
  expect(answer.scores).toEqual(tensor('float32', [3], Float32Array.of(1, 200 / 255, 190 / 255)));
  expect(answer.boxes).toEqual(
    tensor('float32', [3, 4], Float32Array.of(0, 3, 1, 4, 2, 1, 3, 2, 2, 2, 3, 3)),
  );
  const masks = [maskAt(3, 0), maskAt(1, 2), maskAt(2, 2)].flat();
  expect(answer.masks).toEqual(tensor('uint8', [3, 1, HEIGHT, WIDTH], Uint8Array.from(masks)));
}

const input: PipelineDocumentInput['input'] = {
  pictures: { dtype: 'uint8', shape: ['batch', HEIGHT, WIDTH, 3], layout: 'NHWC' },
};

describe('a batch of pictures', () => {
  it.each(['none', 'one'] as const)(
    'goes picture by picture into a model that takes one (batch axis: %s)',
    async (batch) => {
      for (const execution of ['inline', 'worker'] as const) {
        const inferencer = { execution };
        const document = { input, preprocessing: PREPROCESSING, postprocessing: POSTPROCESSING, inferencer };
        const [answer, again] = await answers(batch, document, [
          batchOf(twoScratches, clean, one),
          batchOf(twoScratches, clean, one),
        ]);
        expectAnswer(answer);
        expectAnswer(again);
      }
    },
  );

  it('is spread over several workers, with the same answer', async () => {
    const document = {
      input,
      preprocessing: PREPROCESSING,
      postprocessing: POSTPROCESSING,
      inferencer: { execution: 'worker', workers: 2, threads: 1 } as const,
    };
    const [answer] = await answers('none', document, [batchOf(twoScratches, clean, one)]);
    expectAnswer(answer);
  });

  it.each(['inline', 'worker'] as const)(
    'goes as a batch into a model with an image index (%s)',
    async (execution) => {
      const document = {
        input,
        preprocessing: PREPROCESSING,
        model: { imageIndex: 'image' },
        postprocessing: POSTPROCESSING,
        inferencer: { execution },
      };
      const [answer] = await answers('many', document, [batchOf(twoScratches, clean, one)]);
      expectAnswer(answer);
    },
  );

  it('answers pictures without a detection with empty tensors', async () => {
    const document = { input, preprocessing: PREPROCESSING, postprocessing: POSTPROCESSING };
    const [answer] = (await answers('none', document, [batchOf(clean, clean)])) as [Record<string, Tensor>];
    expect(answer.results.data).toEqual(BigInt64Array.of(0n, 0n));
    expect([answer.labels, answer.boxes, answer.scores, answer.masks].map(({ shape }) => shape)).toEqual([
      [0],
      [0, 4],
      [0],
      [0, 1, HEIGHT, WIDTH],
    ]);
  });

  it('packs its masks when the document says so', async () => {
    const postprocessing = [...POSTPROCESSING, { use: 'pack-masks', on: 'masks' }];
    const [answer] = (await answers('none', { input, preprocessing: PREPROCESSING, postprocessing }, [
      batchOf(twoScratches),
    ])) as [Record<string, Tensor>];
    expect(answer.masks.data).toEqual(Int32Array.of(15, 1, 4, 7, 1, 12));
    expect(answer['masks.runs'].data).toEqual(BigInt64Array.of(3n, 3n));
    expect(answer['masks.size'].data).toEqual(BigInt64Array.of(4n, 5n));
  });

  it('is refused when it has no pictures, other sizes or other channels; its neighbours are answered', async () => {
    const document = { input, preprocessing: PREPROCESSING, postprocessing: POSTPROCESSING };
    const [first, none, size, channels, last] = await answers('none', document, [
      batchOf(twoScratches, clean, one),
      tensor('uint8', [0, HEIGHT, WIDTH, 3], new Uint8Array(0)),
      tensor('uint8', [1, HEIGHT, 1, 3], new Uint8Array(HEIGHT * 3)),
      tensor('uint8', [1, HEIGHT, WIDTH, 4], new Uint8Array(HEIGHT * WIDTH * 4)),
      batchOf(twoScratches, clean, one),
    ]);
    expectAnswer(first);
    expect(none).toBe(
      'INVALID_ARGUMENT at preprocessing[0] split-batch: preprocessing[0] split-batch: has no items: a batch has at least one',
    );
    expect(size).toContain("input 'pictures': expected shape [batch, 4, 5, 3]");
    expect(channels).toContain('got [1, 4, 5, 4]');
    expectAnswer(last);
  });

  it('is answered by a single picture pipeline without lists as well', async () => {
    const document = {
      input: { pictures: { dtype: 'uint8' as const, shape: [HEIGHT, WIDTH, 3], layout: 'HWC' } },
      preprocessing: PREPROCESSING.slice(1),
      postprocessing: POSTPROCESSING,
    };
    const [answer] = (await answers('none', document, [one])) as [Record<string, Tensor>];
    expect(answer.results.data).toEqual(BigInt64Array.of(1n));
    expect(answer.masks.data).toEqual(Uint8Array.from(maskAt(2, 2)));
  });
});
