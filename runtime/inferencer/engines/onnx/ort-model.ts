import './telemetry-off';
import { stat } from 'node:fs/promises';
import { InferenceSession, type Tensor as OrtTensor } from 'onnxruntime-node';
import { ConfigurationError, messageOf } from '../../../../contracts/program/problem';
import { type OnnxParameters } from '../../../definition/onnx-parameters';
import { InferenceError } from '../../../errors';
import { type TensorFormat } from '../../../formats/format';
import { type ModelMetadata } from '../../../formats/model-metadata';
import { readOnnxMetadata, toAxes, type OnnxMetadata } from '../../../formats/onnx-metadata';
import { type NamedTensors, type Tensor } from '../../../tensor/tensor';
import { type EngineModel, type OpenContext } from '../engine';
import { KILLED_BY_EMPTY } from './killers';
import { fromOrtTensor, isOrtDType, toOrtTensor } from './ort-tensor';
import { ALWAYS_FRESH_BYTES, OutputMemory } from './output-memory';
import { availableProviders } from './providers';

/** Nothing below this is written to standard error: failures are thrown, and the server logs them. */
const LOG_FATAL_ONLY = 4;

/** Session configuration without an option of its own; ONNX Runtime takes its values as strings. */
export const SESSION_CONFIG = {
  // Waiting threads sleep: under a CPU quota, spinning ones eat what the working ones need.
  intra_op: { allow_spinning: '0' },
  inter_op: { allow_spinning: '0' },
  // Threads of a run take smaller pieces towards its end: one that has lost its core for a while does not keep the others
  // waiting for a large one. With 12 ms of other work beside it a run of 290 ms took 10 ms longer instead of 16.
  dynamic_block_base: '4',
};

/** A model that ONNX Runtime has loaded in this thread. */
export class OrtModel implements EngineModel {
  lastRunMs = 0;
  private startedMs = 0;
  private readonly inputNames: readonly string[];
  private readonly outputNames: readonly string[];
  private readonly memory: OutputMemory;

  private constructor(
    private readonly session: InferenceSession,
    readonly metadata: ModelMetadata,
    readonly refusesEmpty: boolean,
    readonly openMs: number,
    mostOutputBytes: number,
  ) {
    this.inputNames = Object.keys(metadata.inputs);
    this.outputNames = Object.keys(metadata.outputs);
    this.memory = new OutputMemory(metadata.outputs, mostOutputBytes);
  }

  /**
   * Loads a model; blocks the thread while ONNX Runtime does.
   * @throws ConfigurationError that names the file when it is missing, corrupt, or has inputs that cannot be passed.
   */
  static async open(
    modelFile: string,
    parameters: OnnxParameters,
    { threads, movesOutputs }: OpenContext,
  ): Promise<OrtModel> {
    const startedMs = performance.now();
    await assertFile(modelFile);
    const file = readFile(modelFile);
    const session = await createSession(modelFile, { threads, ...parameters }, file);
    try {
      const isKilled = (operator: string): boolean => file === undefined || file.operators.has(operator);
      // Memory of the engine cannot be moved to another thread, so that there every size is worth its own.
      const mostOutputBytes = movesOutputs ? Infinity : ALWAYS_FRESH_BYTES;
      const metadata = describe(modelFile, session, file);
      const refusesEmpty = KILLED_BY_EMPTY.some(isKilled);
      const openMs = performance.now() - startedMs;
      return new OrtModel(session, metadata, refusesEmpty, openMs, mostOutputBytes);
    } catch (error) {
      await session.release();
      throw error;
    }
  }

  async run(inputs: NamedTensors): Promise<NamedTensors> {
    const feeds: Record<string, OrtTensor> = {};
    for (const name of this.inputNames) feeds[name] = toOrtTensor(name, inputs[name]);
    // Immediates run in order: this one just before the run that ONNX Runtime schedules.
    setImmediate(this.stamp);
    let results: InferenceSession.OnnxValueMapType;
    try {
      results = await this.session.run(feeds, this.memory.fetches());
    } catch (error) {
      throw toRunError(error);
    }
    this.lastRunMs = performance.now() - this.startedMs;
    this.memory.learn(results);
    const outputs: Record<string, Tensor> = {};
    for (const name of this.outputNames) outputs[name] = fromOrtTensor(results[name]);
    return outputs;
  }

  release(): Promise<void> {
    return this.session.release();
  }

  private readonly stamp = (): void => {
    this.startedMs = performance.now();
  };
}

/** The file's metadata; none when it is in ONNX Runtime's own format. */
function readFile(modelFile: string): OnnxMetadata | undefined {
  try {
    return readOnnxMetadata(modelFile);
  } catch {
    return undefined;
  }
}

async function createSession(
  modelFile: string,
  { threads, providers = ['cpu'], graphOptimization = 'all' }: OnnxParameters,
  file: OnnxMetadata | undefined,
): Promise<InferenceSession> {
  assertProviders(modelFile, providers);
  try {
    return await InferenceSession.create(modelFile, {
      executionProviders: providers,
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: graphOptimization,
      logSeverityLevel: LOG_FATAL_ONLY,
      extra: { session: SESSION_CONFIG },
    });
  } catch (error) {
    const reason = withoutSourcePlace(messageOf(error).replace(/^Load model from .*? failed:/s, ''));
    throw refuse(
      modelFile,
      `ONNX Runtime cannot load this model: ${[reason, ...describeUnsupported(file)].join('; ')}`,
    );
  }
}

function assertProviders(modelFile: string, providers: NonNullable<OnnxParameters['providers']>): void {
  const available = availableProviders();
  const names = providers.map((provider) => (typeof provider === 'string' ? provider : provider.name));
  const missing = names.filter((name) => !available.includes(name));
  if (missing.length === 0) return;
  throw new ConfigurationError(modelFile, [
    {
      path: 'inferencer.providers',
      message: `there is no execution provider '${missing.join("', '")}' here; there are: ${available.join(', ')}`,
    },
  ]);
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
  if (problems.length === 0) return { inputs, outputs };
  throw new ConfigurationError(
    modelFile,
    problems.map((message) => ({ path: '', message })),
  );
}

/** The format, or what the value is instead of a tensor that can be passed. */
function toFormat(
  value: InferenceSession.ValueMetadata,
  inFile: TensorFormat | undefined,
): TensorFormat | string {
  if (!value.isTensor) return 'a sequence or a map';
  if (!isOrtDType(value.type)) return `a tensor of ${value.type}`;
  // ONNX Runtime says of a value of any rank what it says of a scalar. It also infers shapes that the file leaves out.
  const isOfAnyRank = value.shape.length === 0 && inFile !== undefined && inFile.shape === undefined;
  return {
    kind: 'tensor',
    dtype: value.type,
    shape: isOfAnyRank ? undefined : toAxes(value.name, value.shape),
  };
}

function refuse(modelFile: string, message: string): ConfigurationError {
  return new ConfigurationError(modelFile, [{ path: '', message }]);
}

/** What ONNX Runtime says when values do not fit the model or each other: sizes and indices are the caller's. */
const REFUSALS =
  /invalid dimensions|invalid rank|unexpected input data type|dimension mismatch|mismatched dimensions|dimensions must match|out of data bounds|cannot be reshaped|invalid input shape|attempting to broadcast/i;

const NODE_FAILURE =
  /^Non-zero status code returned while running (\S+) node\.(?: Name:'([^']*)')?\s*Status Message: /;

/** The error of one run. The caller gets what it can act on; ONNX Runtime's whole text is the cause. */
function toRunError(error: unknown): InferenceError {
  const text = messageOf(error);
  const node = NODE_FAILURE.exec(text);
  const where = node ? ` in operator ${node[1]}${node[2] ? ` '${node[2]}'` : ''}` : '';
  if (!REFUSALS.test(text)) {
    return new InferenceError('MODEL_FAILED', `the model run failed${where}`, { cause: error });
  }
  const reason = withoutSourcePlace(text.replace(NODE_FAILURE, ''));
  return new InferenceError('MODEL_REFUSED', `the model cannot take these values${where}: ${reason}`, {
    cause: error,
  });
}

/** ONNX Runtime's text without the place in its own sources. */
function withoutSourcePlace(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/^\S+\.(?:cc|h):\d+ /, '')
    .replace(/^[^()]*::[^()]*\(.*?\)(?: const)? /, '')
    .replace(/^.*? was false\. /, '')
    .trim();
}
