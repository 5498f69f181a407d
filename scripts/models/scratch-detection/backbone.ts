import { int, ints } from '../../onnx/attribute';
import { type OnnxGraph, type ValueName } from '../../onnx/onnx-graph';
import { Random } from '../../../contracts/values/random';
import { type GraphConstants } from './graph-constants';

/** Channels and layers of 3 × 3 filters at a thirty-second of the picture's size: 44.9 million parameters. */
const CHANNELS = 512;
const LAYERS = 19;
/** Side of the patches that the picture is cut into: 32 × 32 pixels. */
const PATCH = 32;
const PATCH_CHANNELS = 3;

/**
 * The load of a large network: as many parameters as the published one, with seeded random weights. What it finds means
 * nothing and moves the scores by at most a millionth, so that a large model finds what the small one does.
 * @param images float32 [batch, 3, height, width]
 * @returns float32 [batch, 1, 1, 1], at most a millionth
 */
export function addBackbone(graph: OnnxGraph, constants: GraphConstants, images: ValueName): ValueName {
  const random = new Random(20_240_116);
  const weights = (name: string, shape: readonly number[]): ValueName => {
    const inputs = shape[1] * shape[2] * shape[3];
    const values = new Float32Array(shape[0] * inputs);
    for (let i = 0; i < values.length; i++) values[i] = random.normal() * Math.sqrt(2 / inputs);
    return constants.floats(name, shape, values);
  };
  const patches = graph.node('AveragePool', [images], {
    attributes: { kernel_shape: ints(PATCH / 2, PATCH / 2), strides: ints(PATCH / 2, PATCH / 2) },
  });
  let features = graph.node('Conv', [patches, weights('backbone/patch', [CHANNELS, PATCH_CHANNELS, 2, 2])], {
    attributes: { strides: ints(2, 2) },
  });
  for (let layer = 0; layer < LAYERS; layer++) {
    const filtered = graph.node(
      'Conv',
      [features, weights(`backbone/${layer}`, [CHANNELS, CHANNELS, 3, 3])],
      {
        attributes: { pads: ints(1, 1, 1, 1) },
      },
    );
    features = graph.node('Relu', [filtered]);
  }
  const pooled = graph.node('GlobalAveragePool', [features]);
  const mean = graph.node('ReduceMean', [pooled, constants.wholes(1)], { attributes: { keepdims: int(1) } });
  const bounded = graph.node('Tanh', [mean]);
  return graph.node('Mul', [bounded, constants.number(1e-6)]);
}
