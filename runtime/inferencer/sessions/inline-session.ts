import { type ModelMetadata } from '../../formats/model-metadata';
import { type NamedTensors } from '../../tensor/tensor';
import { sessionClosed, type ModelSession, type SessionState } from './model-session';
import { SteppedModel, toInferenceError, type SteppedModelOptions } from './stepped-model';

/** A model in this thread, for models that take about a millisecond at most: loading and each run block everything else. */
export class InlineSession implements ModelSession {
  readonly blocksCaller = true;
  state: SessionState = 'ready';
  private running: Promise<unknown> = Promise.resolve();

  private constructor(private readonly model: SteppedModel) {}

  /** @throws ConfigurationError when the model cannot be loaded. */
  static async open(options: SteppedModelOptions): Promise<InlineSession> {
    return new InlineSession(await SteppedModel.open(options, false));
  }

  get metadata(): ModelMetadata {
    return this.model.metadata;
  }

  get refusesEmpty(): boolean {
    return this.model.refusesEmpty;
  }

  get lastRunMs(): number {
    return this.model.lastRunMs;
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
      return this.model.after(await this.model.run(this.model.before(feeds)));
    } catch (error) {
      throw toInferenceError(error);
    }
  }
}
