import { type Axis } from '../../runtime/formats/format';
import { allocateData, type DType } from '../../runtime/tensor/dtype';
import { elementCount } from '../../runtime/tensor/shape';
import { type Tensor } from '../../runtime/tensor/tensor';
import { float, floats, int, ints, text, texts, type Attribute } from '../onnx/attribute';
import { OnnxGraph } from '../onnx/onnx-graph';

const DTYPES: Readonly<Record<string, DType>> = {
  f: 'float32',
  d: 'float64',
  h: 'float16',
  i: 'int32',
  l: 'int64',
  w: 'int16',
  b: 'bool',
  u: 'uint8',
  s: 'int8',
  t: 'string',
};

interface ParsedInput {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly Axis[];
  /** Elements of a constant; its last one is repeated. */
  readonly constant?: readonly number[];
}

/** One line of the table of operators. */
export interface ParsedOperator {
  /** With its domain before it, if it has one. */
  readonly operator: string;
  readonly inputs: readonly (ParsedInput | undefined)[];
  readonly outputs: readonly (DType | undefined)[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

export function parseOperator(line: string): ParsedOperator {
  const [operator, ...words] = line.split(' ');
  const arrow = words.indexOf('>');
  const after = words.slice(arrow + 1);
  return {
    operator,
    inputs: words.slice(0, arrow).map(parseInput),
    outputs: after.filter((word) => !word.includes('=')).map((word) => DTYPES[word]),
    attributes: Object.fromEntries(after.filter((word) => word.includes('=')).map(parseAttribute)),
  };
}

function parseInput(word: string): ParsedInput | undefined {
  const match = /^(\w+):(\w)\[([^\]]*)\](?:=(?:\{(.*)\}|(\d+)))?$/.exec(word);
  if (match === null) return undefined;
  const [, name, letter, axes, list, number] = match as unknown as (string | undefined)[];
  const shape = axes === '' ? [] : axes!.split(',').map((axis) => (/^\d/.test(axis) ? Number(axis) : axis));
  const elements = list ?? number;
  return {
    name: name!,
    dtype: DTYPES[letter!],
    shape,
    ...(elements !== undefined && { constant: elements.split(',').map(Number) }),
  };
}

function parseAttribute(word: string): [string, Attribute] {
  const [name, written] = word.split(/=(.*)/s);
  const [kind, value] = written.split(/:(.*)/s);
  const list = value.split(',');
  const attribute = {
    i: () => int(Number(value)),
    f: () => float(Number(value)),
    s: () => text(value),
    ii: () => ints(...list.map(Number)),
    ff: () => floats(...list.map(Number)),
    ss: () => texts(...list),
  }[kind];
  if (attribute === undefined) throw new Error(`'${word}' is no attribute`);
  return [name, attribute()];
}

/** A model of this operator alone. */
export function toGraph({ operator, inputs, outputs, attributes }: ParsedOperator): OnnxGraph {
  const graph = new OnnxGraph(operator);
  const names = inputs.map((input) => {
    if (input === undefined) return '';
    const { name, dtype, shape, constant } = input;
    return constant
      ? graph.constant(name, constantOf(dtype, shape, constant))
      : graph.input(name, dtype, shape);
  });
  const results = outputs.map((dtype, index) => (dtype === undefined ? '' : `y${index}`));
  graph.nodeWith(operator, names, results, attributes);
  outputs.forEach((dtype, index) => dtype && graph.output(results[index], dtype));
  return graph;
}

function constantOf(dtype: DType, shape: readonly Axis[], elements: readonly number[]): Tensor {
  const sizes = shape as readonly number[];
  const data = allocateData(dtype as 'float32' | 'int64', elementCount(sizes));
  for (let index = 0; index < data.length; index++) {
    const element = elements[Math.min(index, elements.length - 1)];
    if (data instanceof BigInt64Array) data[index] = BigInt(element);
    else data[index] = element;
  }
  return { dtype, shape: sizes, data };
}
