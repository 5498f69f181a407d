import { basename, extname } from 'node:path';
import { ConfigurationError, messageOf, type Problem } from '../../contracts/program/problem';
import { readOnnxMetadata, type OnnxMetadata } from '../formats/onnx-metadata';
import { type Axis, type TensorFormat } from '../formats/format';
import { type PipelineDocumentInput } from './typed-document';

const LONGEST_NAME = 63;

/** Whether a path names a model and no document. */
export function isModelFile(path: string): boolean {
  return extname(path).toLowerCase() === '.onnx';
}

/** What a model's file says of it, as a document writes it. */
export interface DescribedModel {
  readonly document: PipelineDocumentInput;
  /** Formats of the outputs; files may be wrong about them. */
  readonly output: NonNullable<PipelineDocumentInput['output']>;
  /** Files with weights, by their paths from the model's directory. */
  readonly externalData: readonly string[];
}

/**
 * The document of a pipeline that is a model and nothing else: its inputs are the request's, its outputs the answer's.
 * @throws ConfigurationError when the file is no model, or no document can describe its inputs
 */
export function modelDocument(file: string): DescribedModel {
  let metadata: OnnxMetadata;
  try {
    metadata = readOnnxMetadata(file);
  } catch (error) {
    throw new ConfigurationError(file, [{ path: '', message: messageOf(error) }]);
  }
  const inputs = Object.entries(metadata.inputs);
  const problems = inputs.flatMap(([name, { shape }]): Problem[] =>
    shape === undefined
      ? [{ path: '', message: `its input '${name}' has no shape: write a document that says one` }]
      : [],
  );
  if (inputs.length === 0) {
    const others = Object.entries(metadata.unsupported).map(([name, what]) => `; '${name}' is ${what}`);
    problems.push({ path: '', message: `has no input that is a tensor${others.join('')}` });
  }
  if (problems.length > 0) throw new ConfigurationError(file, problems);
  const axes = new AxisNames();
  const toFormats = (formats: [string, TensorFormat][]) =>
    Object.fromEntries(
      formats.map(([name, { dtype, shape = [] }]) => [
        name,
        { dtype, shape: shape.map((axis) => axes.of(axis)) },
      ]),
    );
  const name = pipelineNameOf(file);
  return {
    document: { name, input: toFormats(inputs), model: { name, version: MODEL_VERSION } },
    output: toFormats(Object.entries(metadata.outputs).filter(([, { shape }]) => shape !== undefined)),
    externalData: metadata.externalData,
  };
}

/** Version of a model that a file alone is. */
export const MODEL_VERSION = '1.0.0';

/** `models/Fall Detection_v2.onnx` → `fall-detection-v2` */
function pipelineNameOf(file: string): string {
  const words = basename(file, extname(file))
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  const name = words.filter((word) => word !== '').join('-');
  return name.slice(0, LONGEST_NAME).replace(/-$/, '') || 'model';
}

/** Names of axes as a document may write them; the same one for the same axis. */
class AxisNames {
  private readonly names = new Map<string, string>();

  of(axis: Axis): Axis {
    if (typeof axis === 'number') return axis;
    const known = this.names.get(axis);
    if (known !== undefined) return known;
    const plain = axis.replace(/[^A-Za-z0-9_.]/g, '_').replace(/^(?![A-Za-z_])/, '_');
    const taken = new Set(this.names.values());
    let name = plain;
    for (let number = 2; taken.has(name); number += 1) name = `${plain}_${number}`;
    this.names.set(axis, name);
    return name;
  }
}
