import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InlineSession } from '../../../runtime/inferencer/sessions/inline-session';
import { tensor, type Tensor } from '../../../runtime/tensor/tensor';
import { buildFallDetectionModel } from '../../../scripts/models/fall-detection-model';
import {
  confidenceOfFall,
  readObservations,
  RECORDING,
  toModelInput,
  WEIGHTS,
} from '../../fixtures/fall-detection';
import { writeFile } from '../../fixtures/models/write-model';
import { itWith } from '../../fixtures/tools';

/** What the published client sends in its two samples, and what the published model answers. */
const NO_FALL = [
  [-248, -47, -77],
  [-248, -47, -77],
  [-248, -47, -77],
  [-248, -47, -77],
  [-248, -47, -77],
  [-247, -58, -69],
  [-247, -44, -71],
  [-246, -55, -77],
  [-246, -47, -76],
];
const FALL = [
  [-313, 29, -185],
  [-313, 29, -185],
  [-313, 29, -185],
  [-313, 29, -185],
  [-313, 29, -185],
  [-445, -84, -43],
  [-296, -72, -111],
  [13, -1512, -1308],
  [47, -40, -428],
];

let session: InlineSession;

beforeAll(async () => {
  const modelFile = writeFile('model.onnx', buildFallDetectionModel(WEIGHTS));
  session = await InlineSession.open({ modelFile, threads: 1 });
});

afterAll(() => session.close());

async function predict(windows: readonly Tensor<'float32'>[]): Promise<Float32Array> {
  const data = new Float32Array(36 * windows.length);
  windows.forEach((window, index) => data.set(window.data, 36 * index));
  const { prediction } = await session.run({ input: tensor('float32', [windows.length, 9, 4], data) });
  return prediction.data as Float32Array;
}

function windowsOf(observations: readonly number[][], starts: readonly number[]): Tensor<'float32'>[] {
  return starts.map((start) => toModelInput(observations.slice(start, start + 9)));
}

it('takes windows of nine observations with four values and answers a confidence for each', () => {
  expect(session.metadata).toEqual({
    inputs: { input: { kind: 'tensor', dtype: 'float32', shape: ['batch', 9, 4] } },
    outputs: { prediction: { kind: 'tensor', dtype: 'float32', shape: ['batch', 1] } },
  });
});

it("gives the published model's answers to the two published samples", async () => {
  const [noFall, fall] = await predict([toModelInput(NO_FALL), toModelInput(FALL)]);
  expect(noFall).toBeCloseTo(0.256065, 6);
  expect(fall).toBeCloseTo(0.96048, 6);
});

it('computes what the published formulas say, on every window of the excerpt', async () => {
  const observations = readObservations(RECORDING);
  expect(observations).toHaveLength(1200);
  const windows = windowsOf(observations, [...Array(1192).keys()]);
  const confidences = await predict(windows);
  for (const [index, window] of windows.entries()) {
    expect(Math.abs(confidences[index] - confidenceOfFall(window, WEIGHTS))).toBeLessThan(1e-5);
  }
});

it('sees a fall in 27 windows of the excerpt', async () => {
  const observations = readObservations(RECORDING);
  const confidences = await predict(windowsOf(observations, [...Array(1192).keys()]));
  expect(confidences.filter((confidence) => confidence > 0.5)).toHaveLength(27);
  expect(Math.max(...confidences)).toBeCloseTo(0.99, 2);
});

itWith('published recording', "gives the published model's answers to its reference table", async (data) => {
  const rows = readFileSync(join(data, 'reference.csv'), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((row) => row.split(',').map(Number));
  const confidences = await predict(
    windowsOf(
      readObservations(join(data, 'test_accel.csv')),
      rows.map(([window]) => window),
    ),
  );
  expect(rows.length).toBeGreaterThan(100);
  rows.forEach(([, published], index) => expect(Math.abs(confidences[index] - published)).toBeLessThan(1e-5));
});
