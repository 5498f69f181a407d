import { type TensorFormat } from '../../../formats/format';
import { type OnnxConstant, type OnnxMetadata, type OnnxNode } from '../../../formats/onnx-metadata';
import {
  KILLED_BY_DIVISION,
  KILLED_BY_EMPTY,
  KILLED_BY_SIZES,
  MAKE_EMPTY,
  REPEATED_BY_INPUTS,
  SIZED_BY_INPUTS,
} from './killers';

/** Where the elements of a value come from: the file, sizes of the request's tensors, or the request's own values. */
type Source = 'file' | 'sizes' | 'request';

interface Value {
  /** Whether its elements are whole numbers; undefined when that is not known. */
  readonly isWhole: boolean | undefined;
  readonly source: Source;
  readonly constant?: OnnxConstant;
}

/** Numbers of `onnx.TensorProto.DataType`: UINT8, INT8, UINT16, INT16, INT32, INT64, UINT32, UINT64. */
const WHOLE_TYPES = new Set([2, 3, 4, 5, 6, 7, 12, 13]);
const ALWAYS_WHOLE = new Set([
  'ArgMax',
  'ArgMin',
  'ConvInteger',
  'DynamicQuantizeLinear',
  'MatMulInteger',
  'NonMaxSuppression',
  'NonZero',
  'QLinearConv',
  'QLinearMatMul',
  'QuantizeLinear',
  'Shape',
  'Size',
]);
const NEVER_WHOLE = new Set([
  'And',
  'DequantizeLinear',
  'Equal',
  'Greater',
  'GreaterOrEqual',
  'IsInf',
  'IsNaN',
  'Less',
  'LessOrEqual',
  'Not',
  'Or',
  'RandomNormal',
  'RandomUniform',
  'Xor',
]);
/** Operator → the input whose element type its result has, where that is not the first. */
const TYPED_BY_INPUT: Readonly<Record<string, number>> = { OneHot: 2, Where: 1 };
const UNKNOWN_TYPE = new Set([
  'If',
  'LabelEncoder',
  'Loop',
  'Optional',
  'OptionalGetElement',
  'Scan',
  'SequenceAt',
]);

/**
 * Why a request may end, hang or exhaust the process that runs this model; undefined when no operator is known to do so with
 * what can reach it. It errs on the side of danger: a model that is taken for dangerous only runs elsewhere.
 * @param hasBatchAxis whether axis 0 is a batch, which is never empty when it reaches the model
 */
export function findHazard(model: OnnxMetadata, hasBatchAxis: boolean): string | undefined {
  const values = new Map<string, Value>();
  for (const [name, { dtype }] of Object.entries(model.inputs)) {
    values.set(name, { isWhole: /^u?int/.test(dtype ?? ''), source: 'request' });
  }
  for (const [name, constant] of model.constants) values.set(name, fromFile(constant));
  let hazard: string | undefined;
  let makesEmpty = Object.values(model.inputs).some((input) => hasInnerOpenAxis(input, hasBatchAxis));
  for (const node of model.nodes) {
    const inputs = node.inputs.map((name) => values.get(name) ?? UNKNOWN);
    hazard ??= hazardOf(node, inputs);
    makesEmpty ||= MAKE_EMPTY.includes(node.operator) || sizedByRequest(node, inputs);
    const results = resultsOf(node, inputs);
    for (const output of node.outputs) values.set(output, results);
  }
  if (hazard !== undefined || !makesEmpty) return hazard;
  const killer = KILLED_BY_EMPTY.find((operator) => model.operators.has(operator));
  return killer && `operator ${killer} ends the process when a tensor is empty`;
}

/** What a body of a loop gets. */
const UNKNOWN: Value = { isWhole: undefined, source: 'request' };

function fromFile(constant: OnnxConstant): Value {
  return { isWhole: WHOLE_TYPES.has(constant.elementType), source: 'file', constant };
}

function hasInnerOpenAxis({ shape }: TensorFormat, hasBatchAxis: boolean): boolean {
  if (shape === undefined) return true;
  return shape.some((axis, index) => typeof axis === 'string' && !(index === 0 && hasBatchAxis));
}

function hazardOf(node: OnnxNode, inputs: readonly Value[]): string | undefined {
  const { operator } = node;
  if (KILLED_BY_DIVISION.includes(operator) && inputs[0].isWhole !== false && !isSafeDivisor(inputs[1])) {
    return `operator ${operator} ends the process when the smallest whole number is divided by -1`;
  }
  if (REPEATED_BY_INPUTS.includes(operator) && inputs[0].source === 'request') {
    return `operator ${operator} runs as often as a request says`;
  }
  if (!sizedByRequest(node, inputs)) return undefined;
  if (KILLED_BY_SIZES.includes(operator)) {
    return `operator ${operator} ends the process when a request asks for no parts`;
  }
  if (isMemoryHungry(operator)) {
    return `operator ${operator} takes as much memory as a request says`;
  }
  return undefined;
}

/** Results of the others are not larger than what goes in. */
function isMemoryHungry(operator: string): boolean {
  return !['Reshape', 'Slice', 'TopK'].includes(operator);
}

function sizedByRequest({ operator, inputs: names }: OnnxNode, inputs: readonly Value[]): boolean {
  const sizes = SIZED_BY_INPUTS[operator] ?? [];
  return sizes.some((index) => (names[index] ?? '') !== '' && inputs[index].source === 'request');
}

/** Whether nothing that is divided by it can overflow or has no result. */
function isSafeDivisor(value: Value | undefined): boolean {
  if (value?.source !== 'file') return value?.source === 'sizes';
  const { elementType, raw } = value.constant ?? {};
  if (raw === undefined || elementType === undefined) return false;
  const bytes = BYTES_OF_WHOLE[elementType] ?? raw.length;
  for (let at = 0; at + bytes <= raw.length; at += bytes) {
    const element = raw.subarray(at, at + bytes);
    if (element.every((byte) => byte === 0) || element.every((byte) => byte === 0xff)) return false;
  }
  return true;
}

const BYTES_OF_WHOLE: Readonly<Record<number, number>> = { 2: 1, 3: 1, 4: 2, 5: 2, 6: 4, 7: 8, 12: 4, 13: 8 };

function resultsOf(node: OnnxNode, inputs: readonly Value[]): Value {
  const { operator, value, numbers } = node;
  if (operator === 'Constant') {
    return value ? fromFile(value) : { isWhole: 'value_int' in numbers, source: 'file' };
  }
  return { isWhole: isWholeResult(node, inputs), source: sourceOf(operator, inputs) };
}

function isWholeResult(
  { operator, numbers, value }: OnnxNode,
  inputs: readonly Value[],
): boolean | undefined {
  if (ALWAYS_WHOLE.has(operator)) return true;
  if (NEVER_WHOLE.has(operator)) return false;
  if (UNKNOWN_TYPE.has(operator)) return undefined;
  if (operator === 'Cast') return WHOLE_TYPES.has(numbers.to);
  if (operator === 'ConstantOfShape') return value !== undefined && WHOLE_TYPES.has(value.elementType);
  return inputs.at(TYPED_BY_INPUT[operator] ?? 0)?.isWhole;
}

function sourceOf(operator: string, inputs: readonly Value[]): Source {
  if (inputs.every(({ source }) => source === 'file')) return 'file';
  if (operator === 'Shape' || operator === 'Size') return 'sizes';
  return inputs.some(({ source }) => source === 'request') ? 'request' : 'sizes';
}
