import { type Axis, type TensorFormat } from './format';
import { type DType } from '../tensor/dtype';
import { ONNX_DTYPES } from './onnx-dtype';
import { ProtobufFile } from './protobuf-file';

/** What an ONNX file says of itself, read without ONNX Runtime and without its weights. */
export interface OnnxMetadata {
  /** In the model's order. Inputs that have a value in the file (weights) are none that a caller brings. */
  readonly inputs: Readonly<Record<string, TensorFormat>>;
  readonly outputs: Readonly<Record<string, TensorFormat>>;
  /** Inputs and outputs that are no tensors, or have elements that no tensor here can have: name → what it is. */
  readonly unsupported: Readonly<Record<string, string>>;
  /** Operators that the model uses, in the bodies of its loops and branches too. */
  readonly operators: ReadonlySet<string>;
  /** Files with weights, by their paths from the model's directory, sorted. */
  readonly externalData: readonly string[];
}

const DTYPE_OF = new Map(Object.entries(ONNX_DTYPES).map(([dtype, number]) => [number, dtype as DType]));
const KINDS_OF_VALUE: Readonly<Record<number, string>> = {
  4: 'a sequence',
  5: 'a map',
  8: 'a sparse tensor',
  9: 'an optional value',
};

/**
 * Reads the inputs and outputs of the model in `file`.
 * @throws Error that says what is wrong with the file when it is missing or no ONNX model.
 */
export function readOnnxMetadata(file: string): OnnxMetadata {
  const protobuf = new ProtobufFile(file);
  try {
    return new OnnxReader(protobuf).read();
  } catch (error) {
    throw new Error(`is no ONNX model: it ${error instanceof RangeError ? error.message : String(error)}`, {
      cause: error,
    });
  } finally {
    protobuf.close();
  }
}

/** Names that exporters give to every axis whose size they do not know, so that equal ones say nothing. */
const NO_NAME = /^(?:|\?|none|-\d+|unk_*\d*|p2o\.dynamicdimension\.\d+)$/i;

/**
 * The axes of a model's value as a format has them. Axes without a size and a name that means something get a name of their
 * own, such as `input.0`: two of them need not be equal.
 */
export function toAxes(name: string, axes: readonly (number | string | undefined)[]): Axis[] {
  return axes.map((axis, index) => {
    const isUnknown = axis === undefined || (typeof axis === 'number' ? axis < 0 : NO_NAME.test(axis));
    return isUnknown ? `${name}.${index}` : axis;
  });
}

// Field numbers are those of onnx.proto; each method reads the message that goes on to `end`.
class OnnxReader {
  private readonly initializers = new Set<string>();
  private readonly inputs: Record<string, TensorFormat> = {};
  private readonly outputs: Record<string, TensorFormat> = {};
  private readonly unsupported: Record<string, string> = {};
  private readonly operators = new Set<string>();
  private readonly externalData = new Set<string>();
  private hasGraph = false;

  constructor(private readonly file: ProtobufFile) {}

  read(): OnnxMetadata {
    this.file.walkAll({ 7: (end) => this.readGraph(end), 25: (end) => this.readFunction(end) });
    if (!this.hasGraph) throw new RangeError('has no graph');
    for (const name of this.initializers) delete this.inputs[name];
    const { inputs, outputs, unsupported, operators } = this;
    return { inputs, outputs, unsupported, operators, externalData: [...this.externalData].sort() };
  }

  private readGraph(end: number): void {
    this.hasGraph = true;
    this.file.walk(end, {
      1: (to) => this.readNode(to),
      5: (to) => this.readTensor(to, (name) => this.initializers.add(name)),
      11: (to) => this.readValue(to, this.inputs),
      12: (to) => this.readValue(to, this.outputs),
    });
  }

  private readFunction(end: number): void {
    this.file.walk(end, { 7: (to) => this.readNode(to) });
  }

  private readNode(end: number): void {
    const attributes = {
      5: (to: number) => this.readTensor(to),
      6: (to: number) => this.readBody(to),
      10: (to: number) => this.readTensor(to),
      11: (to: number) => this.readBody(to),
    };
    this.file.walk(end, {
      4: (to) => this.operators.add(this.file.text(to)),
      5: (to) => this.file.walk(to, attributes),
    });
  }

  /** The graph of a loop or a branch: its inputs are not the model's. */
  private readBody(end: number): void {
    this.file.walk(end, { 1: (to) => this.readNode(to), 5: (to) => this.readTensor(to) });
  }

  /** Weights: their name, and the file that they are in where it is another one. */
  private readTensor(end: number, onName: (name: string) => void = () => undefined): void {
    this.file.walk(end, {
      8: (to) => onName(this.file.text(to)),
      13: (to) => {
        let key = '';
        let value = '';
        this.file.walk(to, {
          1: (keyEnd) => (key = this.file.text(keyEnd)),
          2: (valueEnd) => (value = this.file.text(valueEnd)),
        });
        if (key === 'location') this.externalData.add(value);
      },
    });
  }

  private readValue(end: number, into: Record<string, TensorFormat>): void {
    let name = '';
    let elements = 0;
    let axes: (number | string | undefined)[] | undefined;
    let kind = '';
    const readTensorType = (to: number): void =>
      this.file.walk(
        to,
        {
          2: (shapeEnd) => {
            axes = [];
            this.file.walk(shapeEnd, { 1: (axisEnd) => axes?.push(this.readAxis(axisEnd)) });
          },
        },
        { 1: (value) => (elements = value) },
      );
    const otherKinds = Object.entries(KINDS_OF_VALUE).map(([field, text]) => [field, () => (kind = text)]);
    const readType = { ...(Object.fromEntries(otherKinds) as Record<number, () => void>), 1: readTensorType };
    this.file.walk(end, {
      1: (to) => (name = this.file.text(to)),
      2: (to) => this.file.walk(to, readType),
    });
    const dtype = DTYPE_OF.get(elements);
    if (kind !== '') this.unsupported[name] = kind;
    else if (dtype === undefined) this.unsupported[name] = `a tensor of ONNX's element type ${elements}`;
    else into[name] = { kind: 'tensor', dtype, shape: axes && toAxes(name, axes) };
  }

  private readAxis(end: number): number | string | undefined {
    let axis: number | string | undefined;
    this.file.walk(end, { 2: (to) => (axis = this.file.text(to)) }, { 1: (size) => (axis = size) });
    return axis;
  }
}
