import { type InferenceSession, type Tensor as OrtTensor } from 'onnxruntime-node';
import { type ModelSteps } from '../model-side/model-steps';
import type * as steppedFlow from '../model-side/stepped-flow';
import { type ModelMetadata } from '../../formats/model-metadata';
import { openOrtModel, type OrtModel, type OrtModelOptions } from '../engines/onnx/ort-model';
import { fromOrtValue, toOrtValue, type OrtValue } from '../engines/onnx/ort-value';
import { OutputMemory } from '../engines/onnx/output-memory';

export type OrtValues = Readonly<Record<string, OrtValue>>;

export interface SteppedModelOptions extends OrtModelOptions {
  /** Steps that run in the thread of the model. Default: none. */
  readonly steps?: ModelSteps;
}

/** A loaded model with the steps around it, if any; to its session it looks like one model. */
export class SteppedModel {
  readonly metadata: ModelMetadata;
  /** Milliseconds of the steps in the last run, in the order of their labels. */
  stepMs: number[] = [];
  private readonly memory: OutputMemory;

  private constructor(
    private readonly model: OrtModel,
    steps: ModelSteps | undefined,
    private readonly flow: steppedFlow.SteppedFlow | undefined,
    mostOutputBytes: number,
  ) {
    const { inputs, outputs } = model.metadata;
    this.memory = new OutputMemory(outputs, mostOutputBytes);
    this.metadata = steps
      ? {
          inputs: Object.fromEntries(steps.inputs.map((input) => [input.model, inputFormat(input)])),
          outputs: steps.outputFormats,
        }
      : { inputs, outputs };
  }

  /**
   * @param mostOutputBytes outputs of more lie in the engine's memory, which cannot be moved to another thread
   * @throws ConfigurationError when the model cannot be loaded.
   */
  static async open(
    { steps, ...options }: SteppedModelOptions,
    mostOutputBytes = Infinity,
  ): Promise<SteppedModel> {
    const model = await openOrtModel(options);
    return new SteppedModel(model, steps, steps && createFlow(steps, model.metadata), mostOutputBytes);
  }

  /** Runs the model itself on what `before` has left. */
  async run(feeds: Readonly<Record<string, OrtTensor>>): Promise<InferenceSession.OnnxValueMapType> {
    const outputs = await this.model.session.run(feeds, this.memory.fetches());
    this.memory.learn(outputs);
    return outputs;
  }

  release(): Promise<void> {
    return this.model.session.release();
  }

  get refusesEmpty(): boolean {
    return this.model.refusesEmpty;
  }

  get hasStepsAfter(): boolean {
    return this.flow?.hasStepsAfter === true;
  }

  /** The model's own outputs, all of which are asked for. */
  get outputNames(): readonly string[] {
    return Object.keys(this.model.metadata.outputs);
  }

  /** What the model reads. It may lie in memory that the next call takes again. @throws InferenceError */
  before(feeds: OrtValues): OrtValues {
    this.stepMs = [];
    if (this.flow === undefined) return feeds;
    return this.changed(feeds, (tensors) => this.flow!.before(tensors, this.stepMs));
  }

  /** What the session answers. @throws InferenceError */
  after(outputs: OrtValues): OrtValues {
    if (this.flow === undefined) return outputs;
    return this.changed(outputs, (tensors) => this.flow!.after(tensors, this.stepMs));
  }

  private changed(values: OrtValues, change: (tensors: Tensors) => Tensors): OrtValues {
    const tensors = Object.entries(values).map(([name, value]) => [name, fromOrtValue(value)] as const);
    const changed = Object.entries(change(Object.fromEntries(tensors)));
    return Object.fromEntries(changed.map(([name, tensor]) => [name, toOrtValue(name, tensor)]));
  }
}

type Tensors = Readonly<Record<string, ReturnType<typeof fromOrtValue>>>;

function inputFormat({ format, isBatch }: ModelSteps['inputs'][number]): ModelMetadata['inputs'][string] {
  return isBatch && format.shape ? { ...format, shape: ['items', ...format.shape] } : format;
}

/** A thread without steps starts without all that they need. */
function createFlow(steps: ModelSteps, { inputs }: ModelMetadata): steppedFlow.SteppedFlow {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded at once, where it is needed
  const module = require('../model-side/stepped-flow') as typeof steppedFlow;
  return new module.SteppedFlow(steps, inputs);
}
