import { join } from 'node:path';
import { loadSync, type Type } from 'protobufjs';
import { type OnnxGraph } from './onnx-graph';

/** IR version 10 and operator set 21 are what ONNX 1.16 (2024) brought; runtimes since then read them. */
const IR_VERSION = 10;
const OPSET_VERSION = 21;

const DOMAIN_VERSIONS: Readonly<Record<string, number>> = { 'ai.onnx.ml': 3 };

let modelType: Type | undefined;

/** The bytes of an `.onnx` file with this graph. Equal graphs give equal bytes. */
export function encodeOnnxModel(graph: OnnxGraph, description = '', opset = OPSET_VERSION): Uint8Array {
  modelType ??= loadSync(join(__dirname, 'onnx-subset.proto')).lookupType('onnx.ModelProto');
  const message = modelType.create({
    irVersion: IR_VERSION,
    opsetImport: [
      { domain: '', version: opset },
      ...graph.domains.map((domain) => ({ domain, version: DOMAIN_VERSIONS[domain] ?? 1 })),
    ],
    producerName: 'modular-inference-stack',
    docString: description,
    graph: graph.toProto(),
  });
  return modelType.encode(message).finish();
}
