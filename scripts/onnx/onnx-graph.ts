import { type Axis } from '../../runtime/formats/format';
import { ONNX_DTYPES } from '../../runtime/formats/onnx-dtype';
import { type DType } from '../../runtime/tensor/dtype';
import { type Tensor } from '../../runtime/tensor/tensor';
import { type Attribute } from './attribute';
import { toTensorProto } from './tensor-proto';

/** Name of a value in a graph: an input, a constant or what a node computes. '' stands for an input that is left out. */
export type ValueName = string;

/**
 * An ONNX graph, built in the order of its computation:
 * ```ts
 * const graph = new OnnxGraph('double');
 * const x = graph.input('x', 'float32', ['batch', 3]);
 * graph.output(graph.node('Add', [x, x], { name: 'y' }), 'float32', ['batch', 3]);
 * ```
 */
export class OnnxGraph {
  private readonly inputs: object[] = [];
  private readonly outputs: object[] = [];
  private readonly initializers: object[] = [];
  private readonly nodes: object[] = [];
  private readonly names = new Set<ValueName>();

  constructor(readonly name: string) {}

  /** A value that the caller brings. Axes that are names are known only when it does; '' is one without a name. */
  input(name: ValueName, dtype: DType, shape: readonly Axis[]): ValueName {
    this.inputs.push(valueInfo(name, dtype, shape));
    return this.claim(name);
  }

  /** A value that the model carries: a weight, or what an operator takes as an input though it never changes. */
  constant(name: ValueName, value: Tensor): ValueName {
    this.initializers.push(toTensorProto(name, value));
    return this.claim(name);
  }

  /** Adds a node with one output and returns the output's name: `name`, or one made of the operator's. */
  node(
    operator: string,
    inputs: readonly ValueName[],
    options: { readonly name?: ValueName; readonly attributes?: Readonly<Record<string, Attribute>> } = {},
  ): ValueName {
    const output = options.name ?? this.freeName(operator);
    this.nodeWith(operator, inputs, [output], options.attributes);
    return output;
  }

  /** Adds a node with outputs of these names; '' leaves an output out. An operator of another domain is `domain:Operator`. */
  nodeWith(
    operator: string,
    inputs: readonly ValueName[],
    outputs: readonly ValueName[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): void {
    const named = Object.entries(attributes).map(([name, value]) => ({ name, ...value }));
    for (const output of outputs) if (output !== '') this.claim(output);
    const [opType, domain] = operator.split(':').reverse();
    this.nodes.push({
      opType,
      ...(domain !== undefined && { domain }),
      name: `${opType}_${this.nodes.length}`,
      input: inputs,
      output: outputs,
      attribute: named,
    });
  }

  /** A value that the caller gets. Default: of any rank. */
  output(name: ValueName, dtype: DType, shape?: readonly Axis[]): void {
    this.outputs.push(valueInfo(name, dtype, shape));
  }

  /** Domains of the operators beside ONNX's own. */
  get domains(): string[] {
    return [...new Set(this.nodes.flatMap((node) => ('domain' in node ? [String(node.domain)] : [])))];
  }

  /** `onnx.GraphProto`, as protobufjs takes it. */
  toProto(): Record<string, unknown> {
    return {
      name: this.name,
      node: this.nodes,
      initializer: this.initializers,
      input: this.inputs,
      output: this.outputs,
    };
  }

  private claim(name: ValueName): ValueName {
    if (this.names.has(name)) throw new Error(`graph ${this.name} has two values with the name '${name}'`);
    this.names.add(name);
    return name;
  }

  private freeName(operator: string): ValueName {
    return `${operator.toLowerCase()}_${this.nodes.length}`;
  }
}

function valueInfo(name: string, dtype: DType, shape: readonly Axis[] | undefined): object {
  const elemType = ONNX_DTYPES[dtype];
  if (shape === undefined) return { name, type: { tensorType: { elemType } } };
  const dim = shape.map((axis) => {
    if (typeof axis === 'number') return { dimValue: axis };
    return axis === '' ? {} : { dimParam: axis };
  });
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}
