import { OnnxGraph } from '../../../scripts/onnx/onnx-graph';
import { encodeOnnxModel } from '../../../scripts/onnx/onnx-model';
import { sumAndProductModel } from '../../fixtures/models/tiny-models';

it('gives equal bytes for equal graphs', () => {
  expect(encodeOnnxModel(sumAndProductModel())).toEqual(encodeOnnxModel(sumAndProductModel()));
});

it('refuses two values with one name', () => {
  const graph = new OnnxGraph('twice');
  graph.input('x', 'float32', [1]);
  expect(() => graph.node('Neg', ['x'], { name: 'x' })).toThrow(
    "graph twice has two values with the name 'x'",
  );
});

it('names the values that nobody named', () => {
  const graph = new OnnxGraph('names');
  const x = graph.input('x', 'float32', [1]);
  const once = graph.node('Neg', [x]);
  expect(graph.node('Neg', [once])).not.toBe(once);
});
