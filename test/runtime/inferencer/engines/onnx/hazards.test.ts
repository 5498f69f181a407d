import { readOnnxMetadata } from '../../../../../runtime/formats/onnx-metadata';
import { whyNoBatchAxis } from '../../../../../runtime/inferencer/batch-axis';
import { findHazard } from '../../../../../runtime/inferencer/engines/onnx/hazards';
import { type OnnxGraph } from '../../../../../scripts/onnx/onnx-graph';
import * as dangerous from '../../../../fixtures/models/dangerous-models';
import * as tiny from '../../../../fixtures/models/tiny-models';
import { buildFallDetectionModel } from '../../../../../scripts/models/fall-detection-model';
import { WEIGHTS } from '../../../../fixtures/fall-detection';
import { writeFile, writeModel } from '../../../../fixtures/models/write-model';

function hazardOf(modelFile: string): string | undefined {
  const model = readOnnxMetadata(modelFile);
  return findHazard(model, whyNoBatchAxis(model) === undefined);
}

it.each<[string, () => OnnxGraph, RegExp]>([
  ['a division of whole numbers', dangerous.divideModel, /operator Div ends the process/],
  ['a remainder of whole numbers', () => dangerous.divideModel('Mod'), /operator Mod ends the process/],
  ['a division by a constant -1', () => dangerous.divideModel('Div', -1), /operator Div/],
  ['a selection that may be empty', dangerous.bestOfSomeModel, /operator TopK ends the process/],
  ['an open inner axis', () => dangerous.instanceNormModel('width'), /operator InstanceNormalization ends/],
  ['time on an open axis', () => tiny.lstmModel('batch'), /operator LSTM ends/],
  ['a loop that a request counts', () => tiny.busyModel(), /operator Loop runs as often as a request says/],
  ['a size that a request says', dangerous.zerosModel, /ConstantOfShape takes as much memory/],
])('sees the danger of %s', (_, makeModel, reason) => {
  expect(hazardOf(writeModel(makeModel()))).toMatch(reason);
});

it.each<[string, () => OnnxGraph]>([
  ['floats that are divided', dangerous.divideFloatsModel],
  ['whole numbers that a harmless constant divides', () => dangerous.divideModel('Div', 8)],
  ['only its batch axis open', () => dangerous.instanceNormModel(4)],
  ['a loop of a fixed length', () => tiny.slowModel(3)],
  ['sizes taken from sizes', dangerous.expandModel],
  ['a mean', tiny.meanModel],
])('leaves a model with %s where it is fastest', (_, makeModel) => {
  expect(hazardOf(writeModel(makeModel()))).toBeUndefined();
});

it('leaves fall detection, an LSTM over windows of one length, in the main thread', () => {
  expect(hazardOf(writeFile('model.onnx', buildFallDetectionModel(WEIGHTS)))).toBeUndefined();
});
