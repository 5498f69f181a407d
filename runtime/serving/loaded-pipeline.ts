import { type TransformationHost } from '../components/transformation-host';
import { type Inferencer } from '../inferencer/inferencer';
import { type Pipeline } from '../pipeline/pipeline';
import { type Breaker } from './breaker';

/** One version of a pipeline, loaded and warm, with all that it holds. It is closed once it is retired and idle. */
export class LoadedPipeline {
  private inFlight = 0;
  private retired: (() => void) | undefined;

  constructor(
    readonly pipeline: Pipeline,
    readonly inferencer: Inferencer,
    /** The thread of its components' code, where it has any. */
    private readonly host: TransformationHost | undefined,
    /** Files and directories whose change means a new version. */
    readonly sources: readonly string[],
    readonly breaker: Breaker,
  ) {}

  /** Holds the version while a message is answered; `leave` must follow. */
  enter(): void {
    this.inFlight += 1;
  }

  leave(): void {
    this.inFlight -= 1;
    if (this.inFlight === 0) this.retired?.();
  }

  /** Waits until nothing is in flight, then gives back model and threads. */
  async retire(): Promise<void> {
    if (this.inFlight > 0) await new Promise<void>((resolve) => (this.retired = resolve));
    await this.close();
  }

  /** Gives back model and threads at once; what is in flight is rejected. */
  async close(): Promise<void> {
    await Promise.all([this.inferencer.close(), this.host?.close()]);
  }
}
