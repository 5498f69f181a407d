/**
 * What ends the process, or never returns, in kernels of ONNX Runtime 1.30. `npm run fuzz -- operators` tries each operator
 * against the engine in use and names those that are missing here.
 */

/** Operators that abort or divide by zero when a tensor has no elements. */
export const KILLED_BY_EMPTY: readonly string[] = [
  'DFT',
  'DynamicQuantizeLSTM',
  'FeatureVectorizer',
  'GRU',
  'InstanceNormalization',
  'LSTM',
  'MultiHeadAttention',
  'QAttention',
  'QLinearSoftmax',
  'STFT',
  'TopK',
  'Unique',
];

/** Operators on whole numbers that end the process when the smallest number is divided by -1. */
export const KILLED_BY_DIVISION: readonly string[] = ['Div', 'Mod'];

/** Operators that end the process when a request asks for no parts. */
export const KILLED_BY_SIZES: readonly string[] = ['Split'];

/** Operators whose results can be empty though nothing that goes in is. */
export const MAKE_EMPTY: readonly string[] = [
  'Compress',
  'NonZero',
  'NonMaxSuppression',
  'Unique',
  'StringSplit',
  'If',
  'Loop',
  'Scan',
  'SequenceMap',
];

/** Operator → inputs that say how large its result is. Values of a request there can ask for any amount of memory. */
export const SIZED_BY_INPUTS: Readonly<Record<string, readonly number[]>> = {
  CenterCropPad: [1],
  Col2Im: [1],
  ConstantOfShape: [0],
  Expand: [1],
  BlackmanWindow: [0],
  HammingWindow: [0],
  HannWindow: [0],
  MelWeightMatrix: [0, 1],
  OneHot: [1],
  Pad: [1],
  Range: [0, 1, 2],
  Reshape: [1],
  Resize: [2, 3],
  Slice: [1, 2, 4],
  Split: [1],
  Tile: [1],
  TopK: [1],
  Upsample: [1],
};

/** Operators that run as often as their first input says, or without end when there is none. */
export const REPEATED_BY_INPUTS: readonly string[] = ['Loop'];
