import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type PipelineDocumentInput } from '../../../../runtime/definition/pipeline-document';
import { encodeExtendedRequest } from '../../../../runtime/services/extended/message';
import { toTensorProto } from '../../../../runtime/grpc/tensors/converters';
import { tensor, zeros } from '../../../../runtime/tensor/tensor';
import { OnnxGraph } from '../../../onnx/onnx-graph';
import { encodeOnnxModel } from '../../../onnx/onnx-model';

const WIDTH = 64;
const HIDDEN = 1024;
const LAYERS = 48;

const DOCUMENT: PipelineDocumentInput = {
  name: 'heavy',
  input: { x: { dtype: 'float32', shape: [1, WIDTH] } },
  model: { name: 'heavy', version: '1' },
  inferencer: { execution: 'worker', batching: { maxBatchSize: 16 } },
  admission: { maxRequests: 64, maxWaitMs: 1000 },
};

/** Layers of 1024 × 1024: a row takes about a millisecond, in any batch. */
function heavyModel(): OnnxGraph {
  const graph = new OnnxGraph('heavy');
  let value = graph.input('x', 'float32', ['batch', WIDTH]);
  value = graph.node('MatMul', [value, graph.constant('enter', zeros('float32', [WIDTH, HIDDEN]))]);
  const weights = graph.constant('weights', zeros('float32', [HIDDEN, HIDDEN]));
  for (let layer = 0; layer < LAYERS; layer += 1) {
    value = graph.node('Tanh', [graph.node('MatMul', [value, weights])]);
  }
  const leave = graph.constant('leave', zeros('float32', [HIDDEN, 1]));
  graph.output(graph.node('MatMul', [value, leave], { name: 'y' }), 'float32', ['batch', 1]);
  return graph;
}

/** Writes the pipeline to a temporary folder, which the caller removes. */
export function writeHeavyPipeline(): { readonly folder: string; readonly document: string } {
  const folder = mkdtempSync(join(tmpdir(), 'mis-overload-'));
  const model = join(folder, 'components/model/heavy/1');
  mkdirSync(model, { recursive: true });
  writeFileSync(join(model, 'model.onnx'), encodeOnnxModel(heavyModel()));
  const document = join(folder, 'pipeline.yaml');
  writeFileSync(document, stringify(DOCUMENT));
  return { folder, document };
}

export function heavyRequest(): Uint8Array {
  const x = toTensorProto(tensor('float32', [1, WIDTH], new Float32Array(WIDTH).fill(0.5)));
  return encodeExtendedRequest({ id: 1, tensors: [['x', x]] });
}
