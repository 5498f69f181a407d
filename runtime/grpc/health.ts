import { type Server } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import { type Lifecycle } from '../serving/lifecycle';

/**
 * The standard health service. `liveness` is SERVING for as long as a restart would not help; `readiness` and the server as
 * a whole (empty name) while the server is ready and all of its pipelines can serve; a pipeline, by its name, while it can.
 */
export class Health {
  private readonly implementation = new HealthImplementation({ liveness: 'SERVING' });
  private readonly pipelines = new Set<string>();
  private readonly published = new Map<string, boolean>([['liveness', true]]);

  constructor(
    server: Server,
    private readonly lifecycle: Lifecycle,
  ) {
    this.implementation.addToServer(server);
    lifecycle.follow(() => this.publishAll());
    lifecycle.impairments.follow(() => this.publishAll());
  }

  /** Has the pipelines' own names answered. */
  addPipelines(names: readonly string[]): void {
    for (const name of names) this.pipelines.add(name);
    this.publishAll();
  }

  private publishAll(): void {
    const { state, impairments } = this.lifecycle;
    const lives = impairments.restartReason === undefined;
    const isReady = state === 'ready' && lives;
    for (const name of this.pipelines)
      this.publish(name, isReady && impairments.ofPipeline(name) === undefined);
    // After the pipelines: one that is called like these does not take their place.
    for (const name of ['', 'readiness']) this.publish(name, isReady && impairments.reasons.length === 0);
    this.publish('liveness', lives);
  }

  /** Those who watch a name hear of changes only. */
  private publish(name: string, serves: boolean): void {
    if (this.published.get(name) === serves) return;
    this.published.set(name, serves);
    this.implementation.setStatus(name, serves ? 'SERVING' : 'NOT_SERVING');
  }
}
