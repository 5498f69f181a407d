import { createHash } from 'node:crypto';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { readOnnxMetadata } from '../../../runtime/formats/onnx-metadata';
import { join } from 'node:path';
import { buildScratchDetectionModel } from '../../../scripts/models/scratch-detection/scratch-detection-model';
import { paintPanel, type PaintedPanel } from '../../../scripts/pictures/painted-panel';
import { samplePanels } from '../../../scripts/pictures/sample-panels';
import { maskOverlap, toPlanes } from '../../fixtures/scratch-panels';
import { temporaryFolder } from '../../fixtures/temporary-folder';

/** Panels that the model's numbers were not chosen on. */
const PANELS = samplePanels(8, 101);

interface Detection {
  readonly score: number;
  readonly box: readonly number[];
  readonly mask: Float32Array;
}

function detectionsOf(
  outputs: InferenceSession.OnnxValueMapType,
  { width, height }: PaintedPanel,
): Detection[] {
  const pixels = width * height;
  return Array.from(outputs.scores.data as Float32Array, (score, i) => ({
    score,
    box: Array.from((outputs.boxes.data as Float32Array).subarray(4 * i, 4 * i + 4)),
    mask: (outputs.masks.data as Float32Array)
      .subarray(i * pixels, (i + 1) * pixels)
      .map((value) => (value > 0.5 ? 1 : 0)),
  }));
}

function boxOverlap(a: readonly number[], b: readonly number[]): number {
  const width = Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0]));
  const height = Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]));
  const area = (box: readonly number[]): number => (box[2] - box[0]) * (box[3] - box[1]);
  return (width * height) / (area(a) + area(b) - width * height);
}

describe('the scratch-detection model', () => {
  it('finds the scratches of panels it has not seen, and none on clean ones', async () => {
    const session = await InferenceSession.create(buildScratchDetectionModel({ scale: 'small' }), {
      intraOpNumThreads: 2,
    });
    let scratches = 0;
    let found = 0;
    const overlaps: number[] = [];
    for (const { options } of PANELS) {
      const panel = paintPanel(options);
      const image = new OrtTensor('float32', toPlanes(panel), [3, panel.height, panel.width]);
      const detections = detectionsOf(await session.run({ image }), panel).filter(({ score }) => score > 0.5);
      for (const { box, mask } of panel.scratches) {
        const best = Math.max(0, ...detections.map((detection) => maskOverlap(detection.mask, mask)));
        scratches += 1;
        if (best >= 0.5) found += 1;
        overlaps.push(best);
        expect(Math.max(0, ...detections.map((detection) => boxOverlap(detection.box, box)))).toBeGreaterThan(
          0.5,
        );
      }
      if (panel.scratches.length === 0) expect(detections).toEqual([]);
      expect(detections.length).toBeLessThanOrEqual(panel.scratches.length);
    }
    await session.release();
    expect(scratches).toBe(12);
    expect(found / scratches).toBeGreaterThanOrEqual(0.9);
    expect(overlaps.reduce((sum, overlap) => sum + overlap, 0) / overlaps.length).toBeGreaterThan(0.7);
  }, 120_000);

  it('is built the same each time, and says what it takes and gives', () => {
    const bytes = buildScratchDetectionModel({ scale: 'small', batch: 'many' });
    const again = buildScratchDetectionModel({ scale: 'small', batch: 'many' });
    const hash = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');
    expect(hash(again)).toBe(hash(bytes));
    const folder = temporaryFolder({ 'model.onnx': bytes });
    const { inputs, outputs } = readOnnxMetadata(join(folder, 'model.onnx'));
    expect(inputs.image.shape).toEqual(['batch', 3, 900, 1200]);
    expect(Object.keys(outputs)).toEqual(['boxes', 'labels', 'scores', 'masks', 'image_index']);
  });

  it('tells of each detection of a batch which picture it is in', async () => {
    const session = await InferenceSession.create(
      buildScratchDetectionModel({ scale: 'small', batch: 'many' }),
    );
    const panels = [2, 4, 1].map((seed) => paintPanel({ seed, scratches: seed % 4 }));
    const [{ width, height }] = panels;
    const planes = new Float32Array(panels.length * 3 * width * height);
    panels.forEach((panel, i) => planes.set(toPlanes(panel), i * 3 * width * height));
    const { image_index: image } = await session.run({
      image: new OrtTensor('float32', planes, [3, 3, height, width]),
    });
    await session.release();
    expect(Array.from(image.data as BigInt64Array, Number)).toEqual([0, 0, 2]);
  });

  it('refuses sizes that its cells do not divide', () => {
    expect(() => buildScratchDetectionModel({ scale: 'small', width: 1000 })).toThrow(
      "'width' must be a multiple of 12, got 1000",
    );
  });
});

describe('painted panels', () => {
  it('are the same each time, with their scratches where the truth says', () => {
    const [a, b] = [1, 2].map(() => paintPanel({ seed: 7, scratches: 3 }));
    expect(Buffer.compare(a.pixels, b.pixels)).toBe(0);
    expect(a.scratches.map(({ box }) => box)).toEqual(b.scratches.map(({ box }) => box));
    for (const { box, mask } of a.scratches) {
      const inside = mask.filter(
        (pixel, at) => pixel === 1 && isWithin(box, at % a.width, Math.floor(at / a.width)),
      );
      expect(inside).toHaveLength(mask.reduce((sum, pixel) => sum + pixel, 0));
    }
  });
});

function isWithin([x1, y1, x2, y2]: readonly number[], x: number, y: number): boolean {
  return x >= x1 && x < x2 && y >= y1 && y < y2;
}
