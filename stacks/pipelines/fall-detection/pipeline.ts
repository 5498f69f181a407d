// Made of pipeline.yaml by npm run generate.
import { definePipeline } from '../../../runtime/definition';

/**
 * Falls of a person, from one accelerometer: each request brings a window of nine observations of three axes, in the
 * sensor's own counts (256 a g).
 */
export const fallDetection = definePipeline({
  name: 'fall-detection',
  services: ['extended', 'basic'],
  input: { array: { dtype: 'int16', shape: [9, 3], unit: 'tag' } },
  preprocessing: [
    { use: 'scale', factor: 3.90625, unit: 'millig' },
    { use: 'vector-length', axis: 1 },
    { use: 'append-column' },
    {
      use: 'normalize',
      mean: [-1082.609691, -152.626047, -125.434036, 1478.656414],
      std: [1049.90762, 556.064008, 780.038308, 1022.058601],
    },
    { use: 'expand', axis: 0 },
  ],
  model: {
    name: 'fall-detection',
    version: 'pilot-2-2',
    format: { input: { unit: 'millig', normalized: true, vectorLength: true } },
  },
  inferencer: {
    use: 'onnx',
    execution: 'auto',
    batching: { maxBatchSize: 64, maxQueueDelayMs: 0, maxQueueSize: 1024 },
  },
  postprocessing: [],
  output: { prediction: { dtype: 'float32', shape: [1, 1] } },
});
