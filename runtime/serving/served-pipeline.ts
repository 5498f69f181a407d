import { type ServiceName } from '../../contracts/names/services';
import { ConfigurationError } from '../../contracts/program/problem';
import { type InferencerDocument } from '../definition/pipeline-document';
import { parseSettings, withSettings } from '../definition/settings';
import { boundServices } from '../definition/service-formats';
import { type PipelineMetrics } from '../observability/pipeline-metrics';
import { AdmissionGate, type AdmissionLimits } from '../pipeline/admission-gate';
import { AnswerSize } from './answer-size';
import { type LoadedModel, type LoadedPipeline } from './loaded-pipeline';
import { changesBetween, inDocument } from './inferencer-settings';

/** A pipeline by its name: the version that serves now, and what outlives a swap of versions. */
export class ServedPipeline {
  readonly gate: AdmissionGate;
  readonly answerSize = new AnswerSize();
  private onImpaired: (reason: string | undefined) => void = () => undefined;
  private version: LoadedPipeline;
  private applied: Promise<unknown> = Promise.resolve();

  constructor(
    readonly name: string,
    /** The file or directory that it was loaded from. */
    readonly source: string,
    readonly metrics: PipelineMetrics,
    first: LoadedPipeline,
    /** Most bytes of its requests in flight, whatever its settings say. */
    private readonly inFlightBytes = Infinity,
  ) {
    this.version = this.followed(first);
    this.gate = new AdmissionGate(this.limits(), metrics.admission);
    metrics.admission.observeWaiting((priority) => this.gate.waiting(priority));
    this.publish();
  }

  /** The version that takes the next message. */
  get current(): LoadedPipeline {
    return this.version;
  }

  /** The services that its document binds it to; `undefined`: all that can carry its formats. */
  get services(): readonly ServiceName[] | undefined {
    return boundServices(this.version.document);
  }

  /** Calls `listener`, the only one, with why requests are refused, or `undefined` when they are not: now and at each change. */
  followImpairment(listener: (reason: string | undefined) => void): void {
    this.onImpaired = listener;
    listener(this.version.impairment);
  }

  /** Lets `next` take over between two messages; resolves when the previous version is closed. */
  async swap(next: LoadedPipeline): Promise<void> {
    const previous = this.version;
    if (next === previous) return;
    this.version = this.followed(next);
    this.publish();
    this.gate.limit(this.limits());
    await previous.retire();
  }

  /**
   * Changes settings of the version that serves, between two messages: batch limits, workers, admission, under their keys in
   * the document. What is left out stays, no model is opened again and no request is lost. Calls are applied one after the
   * other.
   * @throws ConfigurationError with every problem; nothing has changed then.
   */
  apply(settings: unknown, documentDigest?: string): Promise<void> {
    const applied = this.applied.then(() => this.applyNow(settings, documentDigest));
    this.applied = applied.catch(() => undefined);
    return applied;
  }

  private async applyNow(input: unknown, documentDigest: string | undefined): Promise<void> {
    const { version } = this;
    const parsed = parseSettings(input);
    if ('problems' in parsed) throw new ConfigurationError(this.source, parsed.problems);
    const { inferencer = {} } = parsed.value;
    if (version.document.inferencer.batching === false && Object.keys(inferencer.batching ?? {}).length > 0) {
      const message = 'is turned off (batching: false); a changed document turns it on';
      throw new ConfigurationError(this.source, [{ path: 'inferencer.batching', message }]);
    }
    const document = withSettings(version.document, parsed.value);
    await this.configure(version.models, version.document.inferencer, document.inferencer);
    version.document = document;
    if (documentDigest !== undefined) version.digests = { ...version.digests, document: documentDigest };
    if (version !== this.version) return;
    this.publish();
    this.gate.limit(this.limits());
    version.pipeline.limitMemory(this.limits().maxBytes);
  }

  /** Gives all models the changed settings, or none of them. */
  private async configure(
    models: readonly LoadedModel[],
    before: InferencerDocument,
    after: InferencerDocument,
  ): Promise<void> {
    const changes = changesBetween(before, after);
    if (Object.keys(changes).length === 0) return;
    const done: LoadedModel[] = [];
    try {
      for (const model of models) {
        await model.lease.configure(changes);
        done.push(model);
      }
    } catch (error) {
      const undo = changesBetween(after, before);
      for (const { lease } of done) await lease.configure(undo);
      if (!(error instanceof ConfigurationError)) throw error;
      throw new ConfigurationError(this.source, error.problems.map(inDocument));
    }
  }

  /** Tells the metrics what serves now, and health whether it does. */
  private publish(): void {
    const { version, metrics } = this;
    metrics.serves(
      version.models.map((model) => model.metrics),
      version.digests,
    );
    this.publishImpairment();
  }

  private followed(version: LoadedPipeline): LoadedPipeline {
    version.follow(() => {
      if (version === this.version) this.publishImpairment();
    });
    return version;
  }

  private publishImpairment(): void {
    const { impairment } = this.version;
    this.metrics.breaker(impairment !== undefined);
    this.onImpaired(impairment);
  }

  private limits(): AdmissionLimits {
    const { admission, inferencer } = this.version.document;
    const { batching } = inferencer;
    return {
      maxRequests: Math.min(admission.maxRequests, batching === false ? Infinity : batching.maxQueueSize),
      maxBytes: Math.min(admission.maxBytes, this.inFlightBytes),
      maxWaitMs: admission.maxWaitMs,
    };
  }
}
