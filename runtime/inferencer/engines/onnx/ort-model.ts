import './telemetry-off';
import { stat } from 'node:fs/promises';
import { InferenceSession } from 'onnxruntime-node';
import { ConfigurationError, messageOf } from '../../../../contracts/program/problem';
import { readOnnxMetadata, toAxes, type OnnxMetadata } from '../../../formats/onnx-metadata';
import { type TensorFormat } from '../../../formats/format';
import { type ModelMetadata } from '../../../formats/model-metadata';
import { toLoadReason } from './ort-error';
import { isOrtDType } from './ort-value';

export interface OrtModelOptions {
  /** Path of the `.onnx` file. */
  readonly modelFile: string;
  /** Threads inside one run. */
  readonly threads: number;
}

/** A model that ONNX Runtime has loaded in this thread, and what it says of itself. */
export interface OrtModel {
  readonly session: InferenceSession;
  readonly metadata: ModelMetadata;
  /** Whether the model has operators that end the process when a tensor is empty. */
  readonly refusesEmpty: boolean;
}

/** Kernels of ONNX Runtime 1.30 that abort or divide by zero, and the process with them, when they get no elements. */
const OPERATORS_KILLED_BY_EMPTY = ['LSTM', 'GRU', 'TopK'];

/** Nothing below this is written to standard error: what fails is thrown, and the server's log says it. */
const LOG_FATAL_ONLY = 4;

/** What has no option of its own. Values are strings in ONNX Runtime's session configuration. */
export const SESSION_CONFIG = {
  // Waiting threads sleep: under a CPU quota, spinning ones eat what the working ones need.
  intra_op: { allow_spinning: '0' },
  inter_op: { allow_spinning: '0' },
  // Threads of a run take smaller pieces towards its end: one that has lost its core for a while does not keep the others
  // waiting for a large one. With 12 ms of other work beside it a run of 290 ms took 10 ms longer instead of 16.
  dynamic_block_base: '4',
};

/**
 * Loads a model; blocks the thread while ONNX Runtime does.
 * @throws ConfigurationError that names the file when it is missing, corrupt, or has inputs that cannot be passed.
 */
export async function openOrtModel({ modelFile, threads }: OrtModelOptions): Promise<OrtModel> {
  await assertFile(modelFile);
  const file = readFile(modelFile);
  const session = await createSession(modelFile, threads, file);
  const kills = (operator: string): boolean => file === undefined || file.operators.has(operator);
  try {
    const metadata = describe(modelFile, session, file);
    return { session, metadata, refusesEmpty: OPERATORS_KILLED_BY_EMPTY.some(kills) };
  } catch (error) {
    await session.release();
    throw error;
  }
}

/** What the file says beyond what ONNX Runtime tells of it; nothing when it is in a format of ONNX Runtime's own. */
function readFile(modelFile: string): OnnxMetadata | undefined {
  try {
    return readOnnxMetadata(modelFile);
  } catch {
    return undefined;
  }
}

function createSession(
  modelFile: string,
  threads: number,
  file: OnnxMetadata | undefined,
): Promise<InferenceSession> {
  return InferenceSession.create(modelFile, {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: LOG_FATAL_ONLY,
    extra: { session: SESSION_CONFIG },
  }).catch((error: unknown) => {
    const reasons = [toLoadReason(error), ...describeUnsupported(file)];
    throw refuse(modelFile, `ONNX Runtime cannot load this model: ${reasons.join('; ')}`);
  });
}

async function assertFile(modelFile: string): Promise<void> {
  const stats = await stat(modelFile).catch((error: unknown) => {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw refuse(modelFile, missing ? 'the model file is missing' : `cannot be read: ${messageOf(error)}`);
  });
  if (!stats.isFile()) throw refuse(modelFile, 'is not a file; a model is one .onnx file');
  if (stats.size === 0) throw refuse(modelFile, 'the model file is empty');
}

/** The inputs and outputs that ONNX Runtime's binding for Node cannot pass; its own message has only a number. */
function describeUnsupported(file: OnnxMetadata | undefined): string[] {
  if (file === undefined) return [];
  const formats = Object.entries({ ...file.inputs, ...file.outputs });
  return [
    ...formats
      .filter(([, { dtype }]) => dtype !== undefined && !isOrtDType(dtype))
      .map(([name, { dtype }]) => `'${name}' is ${dtype}, which cannot be passed`),
    ...Object.entries(file.unsupported).map(([name, what]) => `'${name}' is ${what}`),
  ];
}

function describe(
  modelFile: string,
  session: InferenceSession,
  file: OnnxMetadata | undefined,
): ModelMetadata {
  const problems: string[] = [];
  const inputs: Record<string, TensorFormat> = {};
  const outputs: Record<string, TensorFormat> = {};
  for (const input of session.inputMetadata) {
    const format = toFormat(input, file?.inputs[input.name]);
    if (typeof format === 'string')
      problems.push(`input '${input.name}' is ${format}; inputs must be tensors`);
    else inputs[input.name] = format;
  }
  // An output that cannot be passed (a classifier's list of maps) is left out as long as there is another one.
  const leftOut: string[] = [];
  for (const output of session.outputMetadata) {
    const format = toFormat(output, file?.outputs[output.name]);
    if (typeof format === 'string') leftOut.push(`output '${output.name}' is ${format}`);
    else outputs[output.name] = format;
  }
  if (Object.keys(outputs).length === 0) problems.push(`no output is a tensor: ${leftOut.join(', ')}`);
  if (problems.length > 0) {
    throw new ConfigurationError(
      modelFile,
      problems.map((message) => ({ path: '', message })),
    );
  }
  return { inputs, outputs };
}

/** The format, or what the value is instead of a tensor that can be passed. */
function toFormat(
  value: InferenceSession.ValueMetadata,
  inFile: TensorFormat | undefined,
): TensorFormat | string {
  if (!value.isTensor) return 'a sequence or a map';
  if (!isOrtDType(value.type)) return `a tensor of ${value.type}`;
  // To ONNX Runtime a value of any rank looks like a scalar.
  const anyRank = value.shape.length === 0 && inFile !== undefined && inFile.shape === undefined;
  return { kind: 'tensor', dtype: value.type, shape: anyRank ? undefined : toAxes(value.name, value.shape) };
}

function refuse(modelFile: string, message: string): ConfigurationError {
  return new ConfigurationError(modelFile, [{ path: '', message }]);
}
