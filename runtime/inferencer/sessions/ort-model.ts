import { stat } from 'node:fs/promises';
import { InferenceSession } from 'onnxruntime-node';
import { ConfigurationError, messageOf } from '../../errors';
import { toAxes } from '../../config/onnx-metadata';
import { type TensorFormat } from '../../pipeline/format';
import { type ModelMetadata } from '../inferencer';
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
}

/** Nothing below this is written to standard error: what fails is thrown, and the server's log says it. */
const LOG_FATAL_ONLY = 4;

/**
 * Loads a model; blocks the thread while ONNX Runtime does.
 * @throws ConfigurationError that names the file when it is missing, corrupt, or has inputs that cannot be passed.
 */
export async function openOrtModel({ modelFile, threads }: OrtModelOptions): Promise<OrtModel> {
  await assertFile(modelFile);
  const session = await createSession(modelFile, threads);
  try {
    return { session, metadata: describe(modelFile, session) };
  } catch (error) {
    await session.release();
    throw error;
  }
}

function createSession(modelFile: string, threads: number): Promise<InferenceSession> {
  return InferenceSession.create(modelFile, {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: LOG_FATAL_ONLY,
    // Waiting threads sleep: under a CPU quota, spinning ones eat what the working ones need.
    extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
  }).catch((error: unknown) => {
    throw refuse(modelFile, `ONNX Runtime cannot load this model: ${toLoadReason(error)}`);
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

function describe(modelFile: string, session: InferenceSession): ModelMetadata {
  const problems: string[] = [];
  const inputs: Record<string, TensorFormat> = {};
  const outputs: Record<string, TensorFormat> = {};
  for (const input of session.inputMetadata) {
    const format = toFormat(input);
    if (typeof format === 'string') problems.push(`input '${input.name}' is ${format}; inputs must be tensors`);
    else inputs[input.name] = format;
  }
  // An output that cannot be passed (a classifier's list of maps) is left out as long as there is another one.
  const leftOut: string[] = [];
  for (const output of session.outputMetadata) {
    const format = toFormat(output);
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
function toFormat(value: InferenceSession.ValueMetadata): TensorFormat | string {
  if (!value.isTensor) return 'a sequence or a map';
  if (!isOrtDType(value.type)) return `a tensor of ${value.type}`;
  return { kind: 'tensor', dtype: value.type, shape: toAxes(value.name, value.shape) };
}

function refuse(modelFile: string, message: string): ConfigurationError {
  return new ConfigurationError(modelFile, [{ path: '', message }]);
}
