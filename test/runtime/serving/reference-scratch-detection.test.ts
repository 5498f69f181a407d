import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { toTensor } from '../../../runtime/grpc/tensors/converters';
import { tensor, type Tensor } from '../../../runtime/tensor/tensor';
import {
  buildScratchDetectionModel,
  type PaintedPanel,
  batchOf,
  fourPanels,
  toPlanes,
} from '../../fixtures/scratch-panels';
import { startServer } from '../../fixtures/start-server';
import { StockClient, request } from '../../fixtures/stock-client';
import { temporaryFolder } from '../../fixtures/temporary-folder';

const REFERENCE = join(__dirname, '../../fixtures/reference-scratch-detection');

interface Answer {
  readonly results: number[];
  readonly labels: number[];
  readonly scores: number[];
  readonly boxes: number[];
  readonly masks: Uint8Array;
}

/** The published pipeline written down once more: the bare engine, NumPy's sorting and selecting, thresholds. */
async function independentAnswer(model: Uint8Array, panels: readonly PaintedPanel[]): Promise<Answer> {
  const session = await InferenceSession.create(model, { intraOpNumThreads: 2 });
  const answer = { results: [], labels: [], scores: [], boxes: [] } as {
    [K in keyof Omit<Answer, 'masks'>]: number[];
  };
  const masks: Uint8Array[] = [];
  for (const panel of panels) {
    const image = new OrtTensor('float32', toPlanes(panel), [3, panel.height, panel.width]);
    const outputs = await session.run({ image });
    const scores = Array.from(outputs.scores.data as Float32Array);
    const kept = [...scores.keys()].filter((i) => scores[i] > 0.5).sort((a, b) => scores[b] - scores[a]);
    const pixels = panel.width * panel.height;
    answer.results.push(kept.length);
    for (const i of kept) {
      answer.labels.push(Number((outputs.labels.data as BigInt64Array)[i]));
      answer.scores.push(scores[i]);
      answer.boxes.push(...(outputs.boxes.data as Float32Array).subarray(4 * i, 4 * i + 4));
      const soft = (outputs.masks.data as Float32Array).subarray(i * pixels, (i + 1) * pixels);
      masks.push(Uint8Array.from(soft, (value) => (value > 0.5 ? 1 : 0)));
    }
  }
  await session.release();
  return { ...answer, masks: new Uint8Array(Buffer.concat(masks)) };
}

const numbers = ({ data }: Tensor): number[] => Array.from(data as Float32Array, Number);

describe('the reference configuration directory of scratch detection', () => {
  it.each(['none', 'one'] as const)(
    'is served as it is, and its answers are those of an independent computation (batch axis: %s)',
    async (batch) => {
      const model = buildScratchDetectionModel({ scale: 'small', batch });
      const components = temporaryFolder({ 'model/car-damage/pilot-3-1/model.onnx': model });
      const { server, grpc } = await startServer([REFERENCE], { components: [components] });
      const client = new StockClient(grpc);
      try {
        const panels = fourPanels();
        const { responses } = await client.call([
          request(1, { array: batchOf(panels) }),
          request(2, { array: batchOf(panels.slice(0, 1)) }),
          request(3, { array: tensor('uint8', [4, 9, 12, 3], new Uint8Array(4 * 9 * 12 * 3)) }),
        ]);
        const [four, one, small] = responses;
        const found = Object.fromEntries(four.tensors.map(([name, proto]) => [name, toTensor(proto, name)]));
        const flat = batch === 'one' ? buildScratchDetectionModel({ scale: 'small' }) : model;
        const expected = await independentAnswer(flat, panels);
        expect(four.error).toBeUndefined();
        expect(Object.keys(found).sort()).toEqual(['boxes', 'labels', 'masks', 'results', 'scores']);
        const count = expected.labels.length;
        expect(
          Object.fromEntries(Object.entries(found).map(([name, { dtype, shape }]) => [name, [dtype, shape]])),
        ).toEqual({
          results: ['int64', [4]],
          labels: ['int64', [count]],
          boxes: ['float32', [count, 4]],
          scores: ['float32', [count]],
          masks: ['uint8', [count, 1, 900, 1200]],
        });
        expect(numbers(found.results)).toEqual(expected.results);
        expect(expected.results).toEqual([1, 2, 3, 0]);
        expect(numbers(found.labels)).toEqual(expected.labels);
        expect(numbers(found.boxes)).toEqual(expected.boxes);
        expect(numbers(found.scores)).toEqual(expected.scores);
        expect(Buffer.compare(found.masks.data as Uint8Array, expected.masks)).toBe(0);
        const [, results] = one.tensors.find(([name]) => name === 'results')!;
        expect(numbers(toTensor(results, 'results'))).toEqual([1]);
        expect(small.error?.message).toContain(
          "input 'array': expected shape [items, 900, 1200, 3] where items = 4, got [4, 9, 12, 3]",
        );
      } finally {
        client.close();
        await server.stop();
      }
    },
    120_000,
  );

  it('is the published one', () => {
    expect(JSON.parse(readFileSync(join(REFERENCE, 'format.json'), 'utf8'))).toEqual({
      data_types: { tensor: { size: [4, 900, 1200, 3] } },
    });
  });
});
