import { tensor, type Tensor } from '../../runtime/tensor/tensor';
import { float, floats, int, ints, texts } from '../onnx/attribute';
import { OnnxGraph, type ValueName } from '../onnx/onnx-graph';
import { encodeOnnxModel } from '../onnx/onnx-model';

/** One LSTM layer as Keras keeps it: row-major, gates in the order input, forget, cell, output. */
export interface LstmWeights {
  readonly units: number;
  readonly inputs: number;
  /** [4 · units, inputs] */
  readonly kernel: readonly number[];
  /** [4 · units, units] */
  readonly recurrentKernel: readonly number[];
  /** [4 · units] */
  readonly bias: readonly number[];
}

export interface DenseWeights {
  readonly units: number;
  readonly inputs: number;
  /** [inputs, units] */
  readonly kernel: readonly number[];
  /** [units] */
  readonly bias: readonly number[];
}

/** The 203 parameters of the published model. */
export interface FallDetectionWeights {
  readonly lstm1: LstmWeights;
  readonly lstm2: LstmWeights;
  readonly dense: DenseWeights;
}

/** Where each gate of ONNX's order (input, output, forget, cell) lies in Keras's (input, forget, cell, output). */
const ONNX_GATES_IN_KERAS = [0, 3, 1, 2];

/** Observations in a window, and values of each: three axes and their vector length. */
const WINDOW = 9;
const FEATURES = 4;

/** The bytes of the ONNX file: `input` float32 [batch, 9, 4] → `prediction` float32 [batch, 1], confidence of a fall. */
export function buildFallDetectionModel({ lstm1, lstm2, dense }: FallDetectionWeights): Uint8Array {
  const graph = new OnnxGraph('fall-detection');
  const input = graph.input('input', 'float32', ['batch', WINDOW, FEATURES]);
  // ONNX's LSTM wants time first: [time, batch, features].
  const timeFirst = graph.node('Transpose', [input], { attributes: { perm: ints(1, 0, 2) } });
  const sequence = addLstm(graph, 'lstm1', lstm1, timeFirst, 'sequence');
  const last = addLstm(graph, 'lstm2', lstm2, sequence, 'last');
  const logit = addDense(graph, dense, last);
  graph.output(graph.node('Sigmoid', [logit], { name: 'prediction' }), 'float32', ['batch', 1]);
  return encodeOnnxModel(graph, 'LSTM(4) → LSTM(2) → Dense(1, sigmoid), hard-sigmoid gates');
}

function addLstm(
  graph: OnnxGraph,
  name: string,
  { units, inputs, kernel, recurrentKernel, bias }: LstmWeights,
  x: ValueName,
  returns: 'sequence' | 'last',
): ValueName {
  const w = graph.constant(`${name}/w`, toOnnxGates([1, 4 * units, inputs], kernel));
  const r = graph.constant(`${name}/r`, toOnnxGates([1, 4 * units, units], recurrentKernel));
  // ONNX has a second bias for the recurrent part; Keras has one for both.
  const recurrentBias = new Array<number>(4 * units).fill(0);
  const inputBias = toOnnxGates([4 * units], bias);
  const b = graph.constant(`${name}/b`, floatTensor([1, 8 * units], [...inputBias.data, ...recurrentBias]));
  const axis = graph.constant(
    `${name}/direction`,
    tensor('int64', [1], BigInt64Array.of(returns === 'last' ? 0n : 1n)),
  );
  const outputs = returns === 'sequence' ? [`${name}/y`, ''] : ['', `${name}/h`];
  graph.nodeWith('LSTM', [x, w, r, b], outputs, {
    hidden_size: int(units),
    activations: texts('HardSigmoid', 'Tanh', 'Tanh'),
    activation_alpha: floats(0.2),
    activation_beta: floats(0.5),
  });
  // Without the axis of directions: [time, 1, batch, units] → [time, batch, units], or [1, batch, units] → [batch, units].
  return graph.node('Squeeze', [outputs.join(''), axis], { name: name });
}

function addDense(graph: OnnxGraph, { units, inputs, kernel, bias }: DenseWeights, x: ValueName): ValueName {
  const w = graph.constant('dense/w', floatTensor([inputs, units], kernel));
  const b = graph.constant('dense/b', floatTensor([units], bias));
  return graph.node('Gemm', [x, w, b], { attributes: { alpha: float(1) } });
}

/** Rows of all four gates, from Keras's order to ONNX's. */
function toOnnxGates(shape: readonly number[], values: readonly number[]): Tensor<'float32'> {
  const size = values.length / 4;
  const gates = ONNX_GATES_IN_KERAS.flatMap((gate) => values.slice(gate * size, (gate + 1) * size));
  return floatTensor(shape, gates);
}

function floatTensor(shape: readonly number[], values: readonly number[]): Tensor<'float32'> {
  return tensor('float32', shape, Float32Array.from(values));
}
