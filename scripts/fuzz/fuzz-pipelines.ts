import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type PipelineDocumentInput } from '../../runtime/definition/pipeline-document';
import { encodeBasicRequest } from '../../runtime/services/basic/message';
import { encodeExtendedRequest } from '../../runtime/services/extended/message';
import { toTensorProto } from '../../runtime/grpc/tensors/converters';
import { BASIC_SERVICE } from '../../runtime/services/basic/definition';
import { EXTENDED_SERVICE } from '../../runtime/services/extended/definition';
import { tensor, type Tensor } from '../../runtime/tensor/tensor';
import { OnnxGraph } from '../onnx/onnx-graph';
import { encodeOnnxModel } from '../onnx/onnx-model';

/** Something to call, and requests that it answers. */
export interface FuzzTarget {
  readonly path: string;
  readonly pipeline: string;
  readonly inputs: readonly string[];
  readonly messages: readonly Buffer[];
}

/** Numbers of two inputs, in a worker; with a step before and one after. */
function sums(): OnnxGraph {
  const graph = new OnnxGraph('sums');
  graph.input('a', 'float32', ['batch', 3]);
  graph.input('b', 'float32', ['batch', 3]);
  graph.output(graph.node('Add', ['a', 'b'], { name: 'sum' }), 'float32', ['batch', 3]);
  return graph;
}

/** Strings. */
function joins(): OnnxGraph {
  const graph = new OnnxGraph('joins');
  graph.input('first', 'string', ['batch']);
  graph.input('second', 'string', ['batch']);
  graph.output(graph.node('StringConcat', ['first', 'second'], { name: 'both' }), 'string', ['batch']);
  return graph;
}

/** Axes of any size. */
function doubles(): OnnxGraph {
  const graph = new OnnxGraph('doubles');
  graph.input('x', 'float32', ['height', 'width']);
  graph.output(graph.node('Add', ['x', 'x'], { name: 'y' }), 'float32', ['height', 'width']);
  return graph;
}

const floats = (...shape: number[]): Tensor =>
  tensor(
    'float32',
    shape,
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, index) => index),
  );
const strings = (...values: string[]): Tensor =>
  tensor('string', [values.length], values.map((value) => Buffer.from(value)) as never);

function extended(inputs: Readonly<Record<string, Tensor>>): Buffer {
  const tensors = Object.entries(inputs).map(([name, value]) => [name, toTensorProto(value)] as const);
  return Buffer.from(encodeExtendedRequest({ id: 7, tensors }));
}

/** Writes pipelines of several kinds below `folder`; the paths of their documents and what to send to them. */
export function writeFuzzPipelines(folder: string): { documents: string[]; targets: FuzzTarget[] } {
  const documents = [
    write(folder, sums(), {
      name: 'sums',
      input: {
        a: { dtype: 'float32', shape: ['batch', 3] },
        b: { dtype: 'float32', shape: ['batch', 3] },
      },
      preprocessing: [{ use: 'scale', on: 'a', factor: 2 }],
      inferencer: { execution: 'worker' },
    }),
    write(folder, joins(), {
      name: 'joins',
      input: { first: { dtype: 'string', shape: ['batch'] }, second: { dtype: 'string', shape: ['batch'] } },
    }),
    write(folder, doubles(), {
      name: 'doubles',
      service: 'basic',
      input: { x: { dtype: 'float32', shape: ['height', 'width'] } },
    }),
  ];
  const { path } = EXTENDED_SERVICE.predict;
  const targets: FuzzTarget[] = [
    {
      path,
      pipeline: 'sums',
      inputs: ['a', 'b'],
      messages: [1, 4].map((rows) => extended({ a: floats(rows, 3), b: floats(rows, 3) })),
    },
    {
      path,
      pipeline: 'joins',
      inputs: ['first', 'second'],
      messages: [extended({ first: strings('a', 'b'), second: strings('', 'long enough to be seen') })],
    },
    {
      path: BASIC_SERVICE.predict.path,
      pipeline: 'doubles',
      inputs: ['x'],
      messages: [
        Buffer.from(
          encodeBasicRequest({
            id: 7,
            tensor: { array: Float32Array.of(1, 2, 3, 4), shape: Int32Array.of(2, 2) },
          }),
        ),
      ],
    },
  ];
  return { documents, targets };
}

function write(folder: string, model: OnnxGraph, document: Omit<PipelineDocumentInput, 'model'>): string {
  const home = join(folder, document.name);
  const models = join(home, 'components/model', document.name, '1');
  mkdirSync(models, { recursive: true });
  writeFileSync(join(models, 'model.onnx'), encodeOnnxModel(model));
  const path = join(home, 'pipeline.yaml');
  writeFileSync(path, stringify({ ...document, model: { name: document.name, version: '1' } }));
  return path;
}
