import sharp from 'sharp';
import { toTensor } from '../../../runtime/grpc/tensors/converters';
import { tensor, type Tensor } from '../../../runtime/tensor/tensor';
import { brightPixelsModel, pictureWith } from '../../fixtures/models/bright-pixels';
import { pipelineFolder } from '../../fixtures/pipeline-folder';
import { startServer } from '../../fixtures/start-server';
import { StockClient, request } from '../../fixtures/stock-client';

const HEIGHT = 16;
const WIDTH = 24;

function toPng({ shape: [height, width], data }: Tensor<'uint8'>): Promise<Buffer> {
  return sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

function files(...pictures: readonly Uint8Array[]): Tensor {
  return tensor('string', [pictures.length], [...pictures]);
}

interface Answered {
  readonly results?: number[];
  readonly error?: string;
}

async function answers(preprocessing: readonly object[], requests: readonly Tensor[]): Promise<Answered[]> {
  const path = pipelineFolder(brightPixelsModel({ height: HEIGHT, width: WIDTH, batch: 'none' }), {
    name: 'encoded',
    input: { pictures: { dtype: 'string', shape: ['pictures'] } },
    preprocessing: [...preprocessing, { use: 'transpose', axes: [2, 0, 1] }, { use: 'image-to-float' }] as {
      use: string;
    }[],
    postprocessing: [{ use: 'filter-detections' }, { use: 'gather-detections' }],
    admission: { maxBytes: 3000 },
  });
  const { server, grpc } = await startServer([path]);
  const client = new StockClient(grpc);
  try {
    const { responses } = await client.call(requests.map((pictures, id) => request(id, { pictures })));
    expect(responses.map(({ id }) => id)).toEqual(requests.map((_, id) => id));
    return responses.map(({ tensors, error }) => {
      if (error !== undefined) return { error: error.message };
      const [, results] = tensors.find(([name]) => name === 'results')!;
      return { results: Array.from(toTensor(results, 'results').data as BigInt64Array, Number) };
    });
  } finally {
    client.close();
    await server.stop();
  }
}

describe('pictures that come as files', () => {
  const two = pictureWith(HEIGHT, WIDTH, [
    [3, 3, 250],
    [9, 20, 200],
  ]);
  const none = pictureWith(HEIGHT, WIDTH, []);

  it('are answered as the raw ones are, bad ones refused in their place and their neighbours unharmed', async () => {
    const [good, clean] = [await toPng(two), await toPng(none)];
    const bomb = await sharp({ create: { width: 9000, height: 9000, channels: 3, background: '#f00' } })
      .png({ compressionLevel: 1 })
      .toBuffer();
    const found = await answers(
      [{ use: 'decode-image' }],
      [
        files(good, clean, good),
        files(good, Buffer.from('no picture')),
        files(good.subarray(0, good.length - 20)),
        files(bomb),
        files(),
        files(good, await toPng(pictureWith(4, 4, []))),
        files(clean, good),
      ],
    );
    const step = 'preprocessing[0] decode-image';
    expect(found).toEqual([
      { results: [2, 0, 2] },
      { error: `${step}: picture 1 is neither JPEG nor PNG: its 10 bytes start with 6e6f207069637475` },
      { error: expect.stringContaining(`${step}: picture 0 cannot be decoded: `) as string },
      {
        error: `${step}: picture 0 has 9000 × 9000 pixels, which makes 81000000 in this request; at most 50000000 are allowed`,
      },
      { error: `${step}: has no pictures: a request brings at least one` },
      {
        error: `item 1: the model's input 'picture' takes float32 [3, 16, 24], the steps leave float32 [3, 4, 4]`,
      },
      { results: [0, 2] },
    ]);
  });

  it('may have any size where a step makes them of one', async () => {
    const large = await sharp(await toPng(two))
      .resize(WIDTH * 3, HEIGHT * 3, { kernel: 'nearest' })
      .png()
      .toBuffer();
    const grey = await sharp({ create: { width: 5, height: 7, channels: 3, background: '#fff' } })
      .toColourspace('b-w')
      .png()
      .toBuffer();
    const preprocessing = [
      { use: 'decode-image' },
      { use: 'resize', width: WIDTH, height: HEIGHT, filter: 'nearest' },
    ];
    expect(await answers(preprocessing, [files(large, grey)])).toEqual([{ results: [2, HEIGHT * WIDTH] }]);
  });

  it('wait for each other when they would take more memory than the pipeline may', async () => {
    // Each request takes 2,304 bytes decoded, of 3,000 in all.
    const many = await Promise.all(Array.from({ length: 12 }, () => toPng(two)));
    const found = await answers(
      [{ use: 'decode-image' }],
      many.map((file) => files(file, file)),
    );
    expect(found).toEqual(many.map(() => ({ results: [2, 2] })));
  });
});
