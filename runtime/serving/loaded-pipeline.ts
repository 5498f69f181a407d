import { type TransformationHost } from '../components/transformation-host';
import { type PipelineDocument } from '../definition/pipeline-document';
import { type ModelMetrics } from '../observability/model-metrics';
import { type PipelineDigests } from '../observability/pipeline-metrics';
import { type Pipeline } from '../pipeline/pipeline';
import { type ModelLease } from './model-pool';

/** A model of a pipeline, with where its numbers go. */
export interface LoadedModel {
  /** Key in the plan. */
  readonly key: string;
  readonly lease: ModelLease;
  readonly metrics: ModelMetrics;
}

/** One version of a pipeline, loaded and warm, with all that it holds. It is closed once it is retired and idle. */
export class LoadedPipeline {
  private inFlight = 0;
  private retired: (() => void) | undefined;
  private readonly followed: (() => void)[] = [];

  constructor(
    readonly pipeline: Pipeline,
    readonly models: readonly LoadedModel[],
    /** The thread of its components' code, where it has any. */
    private readonly host: TransformationHost | undefined,
    /** Files and directories whose change means a new version. */
    readonly sources: readonly string[],
    /** With the settings that it has now. */
    public document: PipelineDocument,
    /** What it was made of. */
    public digests: PipelineDigests,
  ) {}

  /** Why its requests are refused: a model of it is given up for the time being. `undefined` while they are not. */
  get impairment(): string | undefined {
    const reasons = this.models.flatMap(({ lease }) => lease.breaker.reason ?? []);
    return reasons.length === 0 ? undefined : [...new Set(reasons)].join('; ');
  }

  /** Calls `listener` whenever `impairment` may have changed, until the version is retired. */
  follow(listener: () => void): void {
    for (const { lease } of this.models) this.followed.push(lease.breaker.follow(listener));
  }

  /** Holds the version while a message is answered; `leave` must follow. */
  enter(): void {
    this.inFlight += 1;
  }

  leave(): void {
    this.inFlight -= 1;
    if (this.inFlight === 0) this.retired?.();
  }

  /** Waits until nothing is in flight, then gives back models and threads. */
  async retire(): Promise<void> {
    for (const unfollow of this.followed) unfollow();
    if (this.inFlight > 0) await new Promise<void>((resolve) => (this.retired = resolve));
    await this.close();
  }

  /** Gives back models and threads at once; what is in flight is rejected, unless another version has the same model. */
  async close(): Promise<void> {
    await Promise.all([...this.models.map(({ lease }) => lease.close()), this.host?.close()]);
  }
}
