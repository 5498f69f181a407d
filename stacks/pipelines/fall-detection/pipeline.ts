import { type PipelineDocumentInput } from '../../../runtime/config/pipeline-document';

/**
 * Fall detection on a wrist-worn accelerometer: windows of nine samples on three axes, in the sensor's own counts
 * (256 a g), scaled to milli-g, with each sample's vector length as a fourth column.
 */
export const fallDetection: PipelineDocumentInput = {
  name: 'fall-detection',
  service: 'extended',
  input: { array: { dtype: 'int16', shape: [9, 3], unit: 'tag' } },
  preprocessing: [
    { use: 'scale', factor: 3.90625, unit: 'millig' },
    { use: 'vector-length', axis: 1 },
    { use: 'append-column' },
    {
      use: 'normalize',
      mean: [-1082.61, -152.63, -125.43, 1478.66],
      std: [1049.91, 556.06, 780.04, 1022.06],
    },
    { use: 'expand', axis: 0 },
  ],
  model: { name: 'fall-detection', version: 'pilot-2-2' },
  inferencer: {
    use: 'onnx',
    execution: 'auto',
    batching: { maxBatchSize: 64, maxQueueDelayMs: 0, maxQueueSize: 1024 },
  },
  postprocessing: [],
  output: { prediction: { dtype: 'float32', shape: [1, 1] } },
};
