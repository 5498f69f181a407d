import { type InferenceSession, type OnnxValue, type Tensor as OrtTensor } from 'onnxruntime-node';
import { type Tensor } from '../../tensor/tensor';
import { type ModelMetadata } from '../../formats/model-metadata';
import { type NamedTensors } from '../../tensor/tensor';
import { sessionClosed, type ModelSession, type SessionState } from './model-session';
import { toRunError } from '../engines/onnx/ort-error';
import { ALWAYS_FRESH_BYTES } from '../engines/onnx/output-memory';
import {
  fromOrtTensor,
  fromOrtValue,
  toOrtTensor,
  toOrtValue,
  type OrtValue,
} from '../engines/onnx/ort-value';
import { SteppedModel, type SteppedModelOptions } from './stepped-model';

/**
 * A model in this thread, for models that take about a millisecond at most: a run keeps everything else waiting, and
 * loading does, too. ONNX Runtime starts a run in the next turn of the event loop.
 */
export class InlineSession implements ModelSession {
  readonly blocksCaller = true;
  state: SessionState = 'ready';
  lastRunMs = 0;
  private startedMs = 0;
  private running: Promise<unknown> = Promise.resolve();
  private readonly inputNames: readonly string[];
  private readonly outputNames: readonly string[];

  private constructor(
    private readonly model: SteppedModel,
    private readonly hasSteps: boolean,
  ) {
    this.inputNames = Object.keys(model.metadata.inputs);
    this.outputNames = model.outputNames;
  }

  /** @throws ConfigurationError when the model cannot be loaded. */
  static async open(options: SteppedModelOptions): Promise<InlineSession> {
    const model = await SteppedModel.open(options, ALWAYS_FRESH_BYTES);
    return new InlineSession(model, options.steps !== undefined);
  }

  get metadata(): ModelMetadata {
    return this.model.metadata;
  }

  get refusesEmpty(): boolean {
    return this.model.refusesEmpty;
  }

  get lastStepMs(): readonly number[] {
    return this.model.stepMs;
  }

  run(feeds: NamedTensors): Promise<NamedTensors> {
    if (this.state === 'closed') return Promise.reject(sessionClosed());
    const answer = this.runModel(feeds);
    this.running = answer;
    return answer;
  }

  async close(): Promise<void> {
    if (this.state === 'closed') return;
    this.state = 'closed';
    await this.running.catch(() => undefined);
    await this.model.release();
  }

  private async runModel(feeds: NamedTensors): Promise<NamedTensors> {
    try {
      const values = this.hasSteps ? this.stepped(feeds) : this.plain(feeds);
      // Immediates run in order: this one just before the run that ONNX Runtime schedules.
      setImmediate(this.stamp);
      const results = await this.model.run(values);
      this.lastRunMs = performance.now() - this.startedMs;
      return this.hasSteps ? this.answerOf(results) : this.toTensors(results);
    } catch (error) {
      throw toRunError(error);
    }
  }

  private plain(feeds: NamedTensors): Record<string, OrtTensor> {
    const values: Record<string, OrtTensor> = {};
    for (const name of this.inputNames) values[name] = toOrtTensor(toOrtValue(name, feeds[name]));
    return values;
  }

  private stepped(feeds: NamedTensors): Record<string, OrtTensor> {
    const sent = this.inputNames.map((name) => [name, toOrtValue(name, feeds[name])] as const);
    const values = Object.entries(this.model.before(Object.fromEntries(sent)));
    return Object.fromEntries(values.map(([name, value]) => [name, toOrtTensor(value)]));
  }

  private answerOf(results: InferenceSession.OnnxValueMapType): NamedTensors {
    const outputs: Record<string, OrtValue> = {};
    for (const name of this.outputNames) outputs[name] = fromOrtTensor(results[name]);
    const answer = Object.entries(this.model.after(outputs));
    return Object.fromEntries(answer.map(([name, value]) => [name, fromOrtValue(value)]));
  }

  private readonly stamp = (): void => {
    this.startedMs = performance.now();
  };

  private toTensors(results: InferenceSession.OnnxValueMapType): NamedTensors {
    const tensors: Record<string, Tensor> = {};
    for (const name of this.outputNames) tensors[name] = toTensor(results[name]);
    return tensors;
  }
}

function toTensor(value: OnnxValue): Tensor {
  return fromOrtValue(fromOrtTensor(value));
}
