import { type Tensor } from '../../runtime/tensor/tensor';

/** One detection of one picture. */
export interface PictureDetection {
  readonly score: number;
  /** x1, y1, x2, y2 in pixels. */
  readonly box: readonly number[];
  /** 0 and 1 for each pixel of the picture. */
  readonly mask: Uint8Array;
}

type Outputs = Readonly<Record<string, Tensor>>;

/**
 * The detections of each picture of an answer of the scratch-detection pipelines.
 * @param masks of all detections, one after the other
 * @param pixels of one mask
 */
export function detectionsOf(outputs: Outputs, masks: Uint8Array, pixels: number): PictureDetection[][] {
  const scores = outputs.scores.data as Float32Array;
  const boxes = outputs.boxes.data as Float32Array;
  let next = 0;
  return Array.from(outputs.results.data as BigInt64Array, (count) =>
    Array.from({ length: Number(count) }, () => {
      const at = next++;
      return {
        score: scores[at],
        box: Array.from(boxes.subarray(4 * at, 4 * at + 4)),
        mask: masks.subarray(at * pixels, (at + 1) * pixels),
      };
    }),
  );
}

/** The masks of an answer whose document packs them as run lengths. */
export function unpackRuns(outputs: Outputs): { masks: Uint8Array; pixels: number } {
  const [height, width] = Array.from(outputs['masks.size'].data as BigInt64Array, Number);
  const pixels = height * width;
  const counts = outputs['masks.runs'].data as BigInt64Array;
  const runs = outputs.masks.data as Int32Array;
  const masks = new Uint8Array(counts.length * pixels);
  let run = 0;
  counts.forEach((count, mask) => {
    let at = mask * pixels;
    for (let i = 0; i < Number(count); i++, run++) {
      if (i % 2 === 1) masks.fill(1, at, at + runs[run]);
      at += runs[run];
    }
  });
  return { masks, pixels };
}
