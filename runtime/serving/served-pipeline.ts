import { type ServiceName } from '../../contracts/names/services';
import { type PipelineMetrics } from '../observability/pipeline-metrics';
import { AdmissionGate, type AdmissionLimits } from '../pipeline/admission-gate';
import { AnswerSize } from './answer-size';
import { type LoadedPipeline } from './loaded-pipeline';

/** A pipeline by its name: the version that serves now, and what outlives a swap of versions. */
export class ServedPipeline {
  readonly gate: AdmissionGate;
  readonly answerSize = new AnswerSize();
  private onImpaired: (reason: string | undefined) => void = () => undefined;
  private version: LoadedPipeline;

  constructor(
    readonly name: string,
    /** The file or directory that it was loaded from. */
    readonly source: string,
    readonly metrics: PipelineMetrics,
    first: LoadedPipeline,
  ) {
    this.version = first;
    this.gate = new AdmissionGate(limitsOf(first), metrics.admission);
    metrics.observeQueue(() => this.version.inferencer.queueDepth);
    metrics.admission.observeWaiting((priority) => this.gate.waiting(priority));
    this.watch(first);
  }

  /** The version that takes the next message. */
  get current(): LoadedPipeline {
    return this.version;
  }

  get service(): ServiceName {
    return this.version.pipeline.document.service;
  }

  /** Calls `listener`, the only one, with why requests are refused, or `undefined` when they are not: now and at each change. */
  followImpairment(listener: (reason: string | undefined) => void): void {
    this.onImpaired = listener;
    listener(this.version.breaker.reason);
  }

  private watch({ breaker }: LoadedPipeline): void {
    const publish = (): void => {
      this.metrics.breaker(breaker.reason !== undefined);
      this.onImpaired(breaker.reason);
    };
    breaker.follow(publish);
    publish();
  }

  /** Has `next` take over between two messages; resolves when the version before is closed. */
  async swap(next: LoadedPipeline): Promise<void> {
    const previous = this.version;
    this.version = next;
    previous.breaker.follow(() => undefined);
    this.watch(next);
    this.gate.limit(limitsOf(next));
    await previous.retire();
  }
}

function limitsOf({ pipeline }: LoadedPipeline): AdmissionLimits {
  const { admission, inferencer } = pipeline.document;
  const { batching } = inferencer;
  return {
    maxRequests: Math.min(admission.maxRequests, batching === false ? Infinity : batching.maxQueueSize),
    maxBytes: admission.maxBytes,
    maxWaitMs: admission.maxWaitMs,
  };
}
