import { type OnnxMetadata } from '../../../formats/onnx-metadata';

/**
 * Operators whose parameters are taken from all rows of a run: quantization ranges, here. What others do over axis 0 the
 * trial at load finds out.
 */
const MIX_ROWS = [
  'DynamicQuantizeLinear',
  'DynamicQuantizeLSTM',
  'DynamicQuantizeMatMul',
  'MatMulIntegerToFloat',
];

/** Why rows that share a run of this model change each other's answers; undefined when no operator is known to do so. */
export function findMixing({ operators }: OnnxMetadata): string | undefined {
  const found = MIX_ROWS.find((operator) => operators.has(operator));
  return found && `operator ${found} takes its range from all rows of a run`;
}
