import { appendFile, copyFile, constants } from 'node:fs/promises';
import { Writer } from 'protobufjs/minimal';
import { readOnnxMetadata, type OnnxMetadata, type OnnxNode } from '../../../formats/onnx-metadata';

/** Operators whose results jump where their inputs hardly change → those inputs. */
const DECIDE: Readonly<Record<string, readonly number[]>> = {
  ArgMax: [0],
  ArgMin: [0],
  Binarizer: [0],
  Cast: [0],
  Ceil: [0],
  Equal: [0, 1],
  Floor: [0],
  Greater: [0, 1],
  GreaterOrEqual: [0, 1],
  Hardmax: [0],
  Less: [0, 1],
  LessOrEqual: [0, 1],
  LinearClassifier: [0],
  NonMaxSuppression: [0, 1],
  QuantizeLinear: [0],
  Round: [0],
  SVMClassifier: [0],
  Sign: [0],
  ThresholdedRelu: [0],
  TopK: [0],
  TreeEnsembleClassifier: [0],
};

/** Operators that hand decisions on. */
const PASS_ON = new Set([
  'And',
  'ArrayFeatureExtractor',
  'Cast',
  'Flatten',
  'Gather',
  'GatherElements',
  'Identity',
  'LabelEncoder',
  'Mul',
  'Not',
  'Or',
  'Reshape',
  'Squeeze',
  'Transpose',
  'Unsqueeze',
  'Where',
  'Xor',
]);

/** Names of the computed values that discrete outputs of a model are decided by. */
export function findDecisions({ nodes, inputs, outputs, constants: fixed }: OnnxMetadata): string[] {
  const producers = new Map<string, OnnxNode>();
  for (const node of nodes) {
    if (!node.isInBody) for (const output of node.outputs) producers.set(output, node);
  }
  const found = new Set<string>();
  const seen = new Set<string>();
  const visit = (value: string): void => {
    const node = producers.get(value);
    if (node === undefined || seen.has(value)) return;
    seen.add(value);
    for (const index of DECIDE[node.operator] ?? []) found.add(node.inputs[index]);
    if (PASS_ON.has(node.operator)) node.inputs.forEach(visit);
  };
  Object.keys(outputs).forEach(visit);
  const isComputed = (name: string): boolean => producers.has(name) && !(name in inputs) && !fixed.has(name);
  return [...found].filter((name) => isComputed(name) && !(name in outputs));
}

/**
 * Writes, beside a model, one that also answers the numbers that its discrete outputs are decided by: two labels are equal
 * even where the numbers behind them are not. Undefined when there are none.
 */
export async function writeProbe(file: string): Promise<string | undefined> {
  const names = findDecisions(readOnnxMetadata(file));
  if (names.length === 0) return undefined;
  const probe = `${file}.probe`;
  await copyFile(file, probe, constants.COPYFILE_FICLONE);
  await appendFile(probe, moreOutputs(names));
  return probe;
}

/** Protobuf messages one behind the other are read as one: a model with a graph that has these outputs only (fields 7, 12, 1). */
function moreOutputs(names: readonly string[]): Uint8Array {
  const writer = Writer.create()
    .uint32((7 << 3) | 2)
    .fork();
  for (const name of names) {
    writer.uint32((12 << 3) | 2).fork();
    writer.uint32((1 << 3) | 2).string(name);
    writer.ldelim();
  }
  return writer.ldelim().finish();
}
