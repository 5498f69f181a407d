import { messageOf } from '../../../contracts/program/problem';
import { InferenceError } from '../../errors';
import { type ModelMetadata } from '../../formats/model-metadata';
import { type NamedTensors } from '../../tensor/tensor';
import { type EngineModel } from '../engines/engine';
import { loadEngine } from '../engines/engines';
import { type ModelSteps } from '../model-side/model-steps';
import type * as steppedFlow from '../model-side/stepped-flow';

/** The model of a session. */
export interface SteppedModelOptions {
  /** Name of its engine. Default: onnx. */
  readonly engine?: string;
  readonly modelFile: string;
  /** Threads inside one run, unless the engine's parameters say otherwise. */
  readonly threads: number;
  /** What the document says of the engine, checked by its schema. Default: nothing. */
  readonly parameters?: unknown;
  /** Steps that run in the thread of the model. Default: none. */
  readonly steps?: ModelSteps;
}

/** A loaded model with the steps around it, if any; to its session it looks like one model. */
export class SteppedModel {
  readonly metadata: ModelMetadata;
  /** Milliseconds of the steps in the last run, in the order of their labels. */
  stepMs: number[] = [];

  private constructor(
    private readonly model: EngineModel,
    steps: ModelSteps | undefined,
    private readonly flow: steppedFlow.SteppedFlow | undefined,
  ) {
    this.metadata = steps
      ? {
          inputs: Object.fromEntries(steps.inputs.map((input) => [input.model, inputFormat(input)])),
          outputs: steps.outputFormats,
        }
      : model.metadata;
  }

  /**
   * @param movesOutputs whether outputs go on to another thread
   * @throws ConfigurationError when there is no such engine or it cannot load the model.
   */
  static async open(
    { engine = 'onnx', modelFile, threads, parameters = {}, steps }: SteppedModelOptions,
    movesOutputs: boolean,
  ): Promise<SteppedModel> {
    const model = await loadEngine(engine).open(modelFile, parameters, { threads, movesOutputs });
    return new SteppedModel(model, steps, steps && createFlow(steps, model.metadata));
  }

  get refusesEmpty(): boolean {
    return this.model.refusesEmpty;
  }

  get openMs(): number {
    return this.model.openMs;
  }

  get hasStepsAfter(): boolean {
    return this.flow?.hasStepsAfter === true;
  }

  /** Milliseconds that the last run spent in the engine. */
  get lastRunMs(): number {
    return this.model.lastRunMs;
  }

  /** What the model reads. It may lie in memory that the next call takes again. @throws InferenceError */
  before(feeds: NamedTensors): NamedTensors {
    if (this.flow === undefined) return feeds;
    this.stepMs = [];
    return this.flow.before(feeds, this.stepMs);
  }

  /** Runs the model itself on what `before` has left. @throws InferenceError */
  async run(feeds: NamedTensors): Promise<NamedTensors> {
    try {
      return await this.model.run(feeds);
    } catch (error) {
      throw toInferenceError(error);
    }
  }

  /** What the session answers. @throws InferenceError */
  after(outputs: NamedTensors): NamedTensors {
    return this.flow === undefined ? outputs : this.flow.after(outputs, this.stepMs);
  }

  release(): Promise<void> {
    return this.model.release();
  }
}

/** An engine's own errors are for the log; the caller learns that the run failed. */
export function toInferenceError(error: unknown): InferenceError {
  if (error instanceof InferenceError) return error;
  return new InferenceError('MODEL_FAILED', `the model run failed: ${messageOf(error)}`, { cause: error });
}

function inputFormat({ format, isBatch }: ModelSteps['inputs'][number]): ModelMetadata['inputs'][string] {
  return isBatch && format.shape ? { ...format, shape: ['items', ...format.shape] } : format;
}

/** Loaded here: a thread without steps starts faster without all that they need. */
function createFlow(steps: ModelSteps, { inputs }: ModelMetadata): steppedFlow.SteppedFlow {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded synchronously, and only where it is needed
  const module = require('../model-side/stepped-flow') as typeof steppedFlow;
  return new module.SteppedFlow(steps, inputs);
}
