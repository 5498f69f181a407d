// Made of pipeline.yaml by npm run generate.
import { definePipeline } from '../../../runtime/definition';

/**
 * Scratches on the paint of vehicles: each request brings a batch of pictures of 1200 × 900 as raw bytes.
 */
export const scratchDetection = definePipeline({
  name: 'scratch-detection',
  service: 'extended',
  input: { array: { dtype: 'uint8', shape: ['pictures', 900, 1200, 3], layout: 'NHWC' } },
  preprocessing: [{ use: 'split-batch' }, { use: 'transpose', axes: [2, 0, 1] }, { use: 'image-to-float' }],
  model: { name: 'scratch-detection', version: '1.0.0', format: { image: { layout: 'CHW' } } },
  inferencer: { use: 'onnx', execution: 'worker', batching: false },
  admission: { maxRequests: 64, maxBytes: 268435456 },
  postprocessing: [
    { use: 'filter-detections', above: 0.5 },
    { use: 'gather-detections', maskAbove: 0.5 },
  ],
  output: {
    results: { dtype: 'int64', shape: ['pictures'] },
    labels: { dtype: 'int64', shape: ['detections'] },
    boxes: { dtype: 'float32', shape: ['detections', 4] },
    scores: { dtype: 'float32', shape: ['detections'] },
    masks: { dtype: 'uint8', shape: ['detections', 1, 900, 1200] },
  },
});
