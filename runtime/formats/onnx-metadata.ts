import { type Axis, type TensorFormat } from './format';
import { type DType } from '../tensor/dtype';
import { ONNX_DTYPES } from './onnx-dtype';
import { describeOtherFile } from './other-file';
import { ProtobufFile } from './protobuf-file';

/** What an ONNX file says of itself, read without ONNX Runtime and without its weights. */
export interface OnnxMetadata {
  /** In the model's order; those that a caller has to bring. */
  readonly inputs: Readonly<Record<string, TensorFormat>>;
  /** Inputs that have a value in the file, which a caller may replace. */
  readonly optionalInputs: Readonly<Record<string, TensorFormat>>;
  /** Lists of maps that a classifier makes of its probabilities are here as tensors with a column for each class. */
  readonly outputs: Readonly<Record<string, TensorFormat>>;
  /** Outputs of the file that are lists of maps, by name. */
  readonly zipMaps: ReadonlyMap<string, ZipMap>;
  /** Inputs and outputs that are no tensors, or have elements that no tensor here can have: name → what it is. */
  readonly unsupported: Readonly<Record<string, string>>;
  /** Operators that the model uses, in the bodies of its loops and branches too. */
  readonly operators: ReadonlySet<string>;
  /** All nodes in the order of the file, those of bodies before the node that they belong to. */
  readonly nodes: readonly OnnxNode[];
  /** Values that the file has, by name. */
  readonly constants: ReadonlyMap<string, OnnxConstant>;
  /** Files with weights, by their paths from the model's directory, sorted. */
  readonly externalData: readonly string[];
}

/** A node that turns a tensor into a list of maps: column → value, for each row. */
export interface ZipMap {
  /** The tensor that it reads. */
  readonly input: string;
  readonly classes: number;
}

export interface OnnxNode {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Whether it is in the graph of a loop or a branch, or in a function. */
  readonly isInBody: boolean;
  /** Whole-number attributes. */
  readonly numbers: Readonly<Record<string, number>>;
  /** The tensor attribute `value`. */
  readonly value?: OnnxConstant;
}

export interface OnnxConstant {
  /** `onnx.TensorProto.DataType`. */
  readonly elementType: number;
  /** The elements of a small tensor that is stored as raw bytes. */
  readonly raw?: Buffer;
}

/** Constants up to this size are read: what says a shape or a divisor is small. */
const SMALL_BYTES = 1024;

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
  let metadata: OnnxMetadata;
  try {
    metadata = new OnnxReader(protobuf).read();
  } catch (error) {
    const reason = error instanceof RangeError ? error.message : String(error);
    throw new Error(`is no ONNX model: it ${describeOtherFile(file) ?? reason}`, { cause: error });
  } finally {
    protobuf.close();
  }
  const names = [metadata.inputs, metadata.outputs, metadata.unsupported].flatMap(Object.keys);
  if (names.includes(UNSERVED_NAME)) {
    throw new Error(`has an input or output called "${UNSERVED_NAME}", which cannot be served: rename it`);
  }
  return metadata;
}

/** No object here can hold it safely: it stands for the object's prototype. */
const UNSERVED_NAME = '__proto__';

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

/** Before this version of the file format every weight had to be an input as well. */
const OPTIONAL_SINCE = 4;

/** The first axis of the inputs, where it has a name: the rows of a classifier's answer are those of its question. */
function rowsOf(inputs: Readonly<Record<string, TensorFormat>>, output: string): Axis {
  const [[input, format] = ['', undefined]] = Object.entries(inputs);
  const axis = format?.shape?.[0];
  return typeof axis === 'string' && axis !== `${input}.0` ? axis : `${output}.0`;
}

/** An object that keeps any name, `__proto__` too. */
function record<T>(): Record<string, T> {
  return Object.create(null) as Record<string, T>;
}

// Field numbers are those of onnx.proto; each method reads the message that goes on to `end`.
class OnnxReader {
  private readonly zipMaps = new Map<string, ZipMap>();
  private readonly inputs = record<TensorFormat>();
  private readonly outputs = record<TensorFormat>();
  private readonly unsupported = record<string>();
  private readonly constants = new Map<string, OnnxConstant>();
  private readonly nodes: OnnxNode[] = [];
  private readonly operators = new Set<string>();
  private readonly externalData = new Set<string>();
  private hasGraph = false;
  private irVersion = 0;

  constructor(private readonly file: ProtobufFile) {}

  read(): OnnxMetadata {
    const fields = { 7: (end: number) => this.readGraph(end), 25: (end: number) => this.readFunction(end) };
    this.file.walkAll(fields, { 1: (version) => (this.irVersion = version) });
    if (!this.hasGraph) throw new RangeError('has no graph');
    const optionalInputs: Record<string, TensorFormat> = {};
    for (const name of this.constants.keys()) {
      if (!Object.hasOwn(this.inputs, name)) continue;
      if (this.irVersion >= OPTIONAL_SINCE) optionalInputs[name] = this.inputs[name];
      delete this.inputs[name];
    }
    const { operators, nodes, constants } = this;
    const [inputs, outputs, unsupported] = [{ ...this.inputs }, { ...this.outputs }, { ...this.unsupported }];
    const zipMaps = new Map([...this.zipMaps].filter(([name]) => Object.hasOwn(unsupported, name)));
    for (const [name, { classes }] of zipMaps) {
      delete unsupported[name];
      outputs[name] = {
        kind: 'tensor',
        dtype: 'float32',
        shape: [rowsOf(inputs, name), classes || `${name}.1`],
      };
    }
    const externalData = [...this.externalData].sort();
    return {
      inputs,
      optionalInputs,
      outputs,
      zipMaps,
      unsupported,
      operators,
      nodes,
      constants,
      externalData,
    };
  }

  private readGraph(end: number): void {
    this.hasGraph = true;
    this.file.walk(end, {
      1: (to) => this.readNode(to, false),
      5: (to) => this.readTensor(to),
      11: (to) => this.readValue(to, this.inputs),
      12: (to) => this.readValue(to, this.outputs),
    });
  }

  private readFunction(end: number): void {
    this.file.walk(end, { 7: (to) => this.readNode(to, true) });
  }

  private readNode(end: number, isInBody: boolean): void {
    let operator = '';
    const inputs: string[] = [];
    const outputs: string[] = [];
    const numbers: Record<string, number> = {};
    let value: OnnxConstant | undefined;
    let classes = 0;
    this.file.walk(end, {
      1: (to) => inputs.push(this.file.text(to)),
      2: (to) => outputs.push(this.file.text(to)),
      4: (to) => (operator = this.file.text(to)),
      5: (to) => {
        let name = '';
        this.file.walk(
          to,
          {
            1: (nameEnd) => (name = this.file.text(nameEnd)),
            5: (tensorEnd) => (value = this.readTensor(tensorEnd)),
            6: (graphEnd) => this.readBody(graphEnd),
            9: () => (classes += 1),
            10: (tensorEnd) => void this.readTensor(tensorEnd),
            11: (graphEnd) => this.readBody(graphEnd),
          },
          { 3: (number) => (numbers[name] = number), 8: () => (classes += 1) },
        );
      },
    });
    this.operators.add(operator);
    if (operator === 'ZipMap') this.zipMaps.set(outputs[0], { input: inputs[0], classes });
    this.nodes.push({ operator, inputs, outputs, isInBody, numbers, ...(value && { value }) });
  }

  /** The graph of a loop or a branch: its inputs are not the model's. */
  private readBody(end: number): void {
    this.file.walk(end, { 1: (to) => this.readNode(to, true), 5: (to) => this.readTensor(to) });
  }

  private readTensor(end: number): OnnxConstant {
    let name = '';
    let elementType = 0;
    let raw: Buffer | undefined;
    this.file.walk(
      end,
      {
        8: (to) => (name = this.file.text(to)),
        9: (to) => (raw = this.file.bytes(to, SMALL_BYTES)),
        13: (to) => this.readExternal(to),
      },
      { 2: (value) => (elementType = value) },
    );
    const constant = { elementType, ...(raw && { raw }) };
    if (name !== '') this.constants.set(name, constant);
    return constant;
  }

  private readExternal(end: number): void {
    let key = '';
    let value = '';
    this.file.walk(end, {
      1: (to) => (key = this.file.text(to)),
      2: (to) => (value = this.file.text(to)),
    });
    if (key === 'location') this.externalData.add(value);
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
