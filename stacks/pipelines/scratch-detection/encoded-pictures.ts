// Made of encoded-pictures.yaml by npm run generate.
import { definePipeline } from '../../../runtime/definition';

/**
 * The same for JPEG and PNG files of any size: a tenth of the bytes on the way in, and masks as run lengths on the way out.
 * Boxes and masks are those of the picture as the model sees it, at 1200 × 900.
 */
export const scratchDetectionEncoded = definePipeline({
  name: 'scratch-detection-encoded',
  service: 'extended',
  input: { pictures: { dtype: 'string', shape: ['pictures'] } },
  preprocessing: [
    { use: 'decode-image', maxPixels: 50000000 },
    { use: 'resize', width: 1200, height: 900 },
    { use: 'transpose', axes: [2, 0, 1] },
    { use: 'image-to-float' },
  ],
  model: { name: 'scratch-detection', version: '1.0.0', format: { image: { layout: 'CHW' } } },
  inferencer: { use: 'onnx', execution: 'worker', batching: false },
  admission: { maxRequests: 64, maxBytes: 268435456 },
  postprocessing: [
    { use: 'filter-detections', above: 0.5 },
    { use: 'gather-detections', maskAbove: 0.5 },
    { use: 'pack-masks', on: 'masks', encoding: 'run-length' },
  ],
  output: {
    results: { dtype: 'int64', shape: ['pictures'] },
    labels: { dtype: 'int64', shape: ['detections'] },
    boxes: { dtype: 'float32', shape: ['detections', 4] },
    scores: { dtype: 'float32', shape: ['detections'] },
    masks: { dtype: 'int32', shape: ['lengths'] },
    'masks.runs': { dtype: 'int64', shape: ['detections'] },
    'masks.size': { dtype: 'int64', shape: [2] },
  },
});
