import { definePipeline } from '../../../runtime/definition';

const model = { name: 'scratch-detection', version: '1.0.0', format: { image: { layout: 'CHW' } } } as const;
const inferencer = { use: 'onnx', execution: 'worker', batching: false } as const;
const admission = { maxRequests: 64, maxBytes: 268_435_456 } as const;
const detections = {
  results: { dtype: 'int64', shape: ['pictures'] },
  labels: { dtype: 'int64', shape: ['detections'] },
  boxes: { dtype: 'float32', shape: ['detections', 4] },
  scores: { dtype: 'float32', shape: ['detections'] },
} as const;

/** Scratches on the paint of vehicles: each request brings a batch of pictures of 1200 × 900 as raw bytes. */
export const scratchDetection = definePipeline({
  name: 'scratch-detection',
  service: 'extended',
  input: { array: { dtype: 'uint8', shape: ['pictures', 900, 1200, 3], layout: 'NHWC' } },
  preprocessing: [{ use: 'split-batch' }, { use: 'transpose', axes: [2, 0, 1] }, { use: 'image-to-float' }],
  model,
  inferencer,
  admission,
  postprocessing: [
    { use: 'filter-detections', above: 0.5 },
    { use: 'gather-detections', maskAbove: 0.5 },
  ],
  output: { ...detections, masks: { dtype: 'uint8', shape: ['detections', 1, 900, 1200] } },
});

/** The same for JPEG and PNG files of any size, with masks as run lengths. */
export const scratchDetectionEncoded = definePipeline({
  name: 'scratch-detection-encoded',
  service: 'extended',
  input: { pictures: { dtype: 'string', shape: ['pictures'] } },
  preprocessing: [
    { use: 'decode-image', maxPixels: 50_000_000 },
    { use: 'resize', width: 1200, height: 900 },
    { use: 'transpose', axes: [2, 0, 1] },
    { use: 'image-to-float' },
  ],
  model,
  inferencer,
  admission,
  postprocessing: [
    { use: 'filter-detections', above: 0.5 },
    { use: 'gather-detections', maskAbove: 0.5 },
    { use: 'pack-masks', on: 'masks', encoding: 'run-length' },
  ],
  output: {
    ...detections,
    masks: { dtype: 'int32', shape: ['lengths'] },
    'masks.runs': { dtype: 'int64', shape: ['detections'] },
    'masks.size': { dtype: 'int64', shape: [2] },
  },
});
