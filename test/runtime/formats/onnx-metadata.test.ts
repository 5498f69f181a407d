import { readFileSync } from 'node:fs';
import { InferenceSession } from 'onnxruntime-node';
import { readOnnxMetadata, toAxes } from '../../../runtime/formats/onnx-metadata';
import { InlineSession } from '../../../runtime/inferencer/sessions/inline-session';
import { tensor, zeros } from '../../../runtime/tensor/tensor';
import { OnnxGraph, encodeOnnxModel } from '../../fixtures/models/onnx';
import { buildFallDetectionModel, WEIGHTS } from '../../fixtures/fall-detection';
import * as models from '../../fixtures/models/tiny-models';
import { writeFile, writeModel } from '../../fixtures/models/write-model';

const FILES: [string, () => string][] = [
  ['several inputs', () => writeModel(models.sumAndProductModel())],
  ['state', () => writeModel(models.runningSumModel())],
  ['free axes', () => writeModel(models.meanModel())],
  ['text', () => writeModel(models.concatStringsModel())],
  ['whole numbers', () => writeModel(models.lookUpModel())],
  ['a loop', () => writeModel(models.busyModel())],
  ['an LSTM', () => writeModel(models.lstmModel('batch'))],
  ['nameless axes', () => writeModel(models.namelessModel())],
  ['scalars', () => writeModel(models.doubleModel())],
  ['fall detection', () => writeFile('model.onnx', buildFallDetectionModel(WEIGHTS))],
];

it.each(FILES)('reads what ONNX Runtime says of a model with %s', async (_, makeFile) => {
  const modelFile = makeFile();
  const session = await InferenceSession.create(modelFile);
  const { inputs, outputs } = readOnnxMetadata(modelFile);
  const told = (values: readonly InferenceSession.ValueMetadata[]) =>
    values.map((value) =>
      value.isTensor
        ? [value.name, { kind: 'tensor', dtype: value.type, shape: toAxes(value.name, value.shape) }]
        : [],
    );
  expect(Object.entries(inputs)).toEqual(told(session.inputMetadata));
  expect(Object.entries(outputs)).toEqual(told(session.outputMetadata));
  await session.release();
});

it('gives axes whose names say nothing a name each', () => {
  const meaningless = ['?', 'None', '-1', '', 'unk__214', 'p2o.DynamicDimension.3', undefined, -1];
  expect(toAxes('x', meaningless)).toEqual(meaningless.map((_, index) => `x.${index}`));
  expect(toAxes('x', ['batch', 3, 'unknown_words', 'N'])).toEqual(['batch', 3, 'unknown_words', 'N']);
});

it('lists the operators, in the bodies of loops too', () => {
  const { operators } = readOnnxMetadata(writeModel(models.busyModel()));
  expect([...operators].sort()).toEqual(['Identity', 'Loop', 'MatMul', 'ReduceSum']);
});

it('does not take weights for inputs, though old files list them among these', () => {
  const graph = new OnnxGraph('old');
  graph.input('x', 'float32', [2]);
  const proto = graph.toProto() as { input: object[] };
  graph.constant('w', zeros('float32', [2]));
  proto.input.push({ name: 'w', type: { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 2 }] } } } });
  graph.output(graph.node('Add', ['x', 'w'], { name: 'y' }), 'float32', [2]);
  expect(Object.keys(readOnnxMetadata(writeModel(graph)).inputs)).toEqual(['x']);
});

it('passes over weights larger than what it reads at a time', () => {
  const graph = new OnnxGraph('large');
  graph.input('x', 'float32', ['n', 300]);
  const w = graph.constant('w', tensor('float32', [300, 300], new Float32Array(90_000).fill(0xff)));
  graph.output(graph.node('MatMul', ['x', w], { name: 'y' }), 'float32', ['n', 300]);
  expect(readOnnxMetadata(writeModel(graph)).outputs).toEqual({
    y: { kind: 'tensor', dtype: 'float32', shape: ['n', 300] },
  });
});

it('tells a value of any rank from a scalar, and so does the session', async () => {
  const graph = new OnnxGraph('any-rank');
  graph.input('x', 'float32', []);
  const proto = graph.toProto() as { input: { type: { tensorType: { shape?: object } } }[] };
  delete proto.input[0].type.tensorType.shape;
  graph.output(graph.node('Size', ['x'], { name: 'size' }), 'int64', []);
  const modelFile = writeModel(graph);
  expect(readOnnxMetadata(modelFile).inputs.x.shape).toBeUndefined();
  const session = await InlineSession.open({ modelFile, threads: 1 });
  expect(session.metadata.inputs.x.shape).toBeUndefined();
  expect(session.metadata.outputs.size.shape).toEqual([]);
  await session.close();
});

it('names what no tensor here can be', () => {
  const graph = new OnnxGraph('others');
  const proto = graph.toProto() as { input: object[] };
  proto.input.push({ name: 'eighths', type: { tensorType: { elemType: 17, shape: { dim: [] } } } });
  expect(readOnnxMetadata(writeModel(graph)).unsupported).toEqual({
    eighths: "a tensor of ONNX's element type 17",
  });
});

it.each([
  ['text', Buffer.from('hello, this is no model'), /is no ONNX model/],
  ['nothing', Buffer.alloc(0), /is no ONNX model: it is empty/],
  [
    'a cut-off model',
    encodeOnnxModel(models.meanModel()).subarray(0, 60),
    /is no ONNX model: it has a field 7 that is longer/,
  ],
])('refuses %s', (_, bytes, message) => {
  expect(() => readOnnxMetadata(writeFile('model.onnx', bytes))).toThrow(message);
});

it('survives any cut and any changed byte: it answers or says that this is no model', () => {
  const file = writeModel(models.meanModel());
  const bytes = readFileSync(file);
  for (let position = 0; position < bytes.length; position++) {
    const changed = Buffer.from(bytes);
    changed[position] ^= 0xff;
    for (const variant of [bytes.subarray(0, position), changed]) {
      try {
        readOnnxMetadata(writeFile('model.onnx', variant));
      } catch (error) {
        expect((error as Error).message).toMatch(/^is no ONNX model: it /);
      }
    }
  }
});
