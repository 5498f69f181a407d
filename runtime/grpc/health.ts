import { type Server } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import { type PipelineHost } from '../serving/pipeline-host';

/**
 * The standard health service. `liveness` is SERVING unless a restart is needed; `readiness` and the server as a whole
 * (empty name) while the server is ready and all of its pipelines can serve; a loaded pipeline, by its name, while it can.
 */
export class Health {
  private readonly implementation = new HealthImplementation({ liveness: 'SERVING' });
  private readonly published = new Map<string, boolean>([['liveness', true]]);

  constructor(
    server: Server,
    private readonly host: Pick<PipelineHost, 'lifecycle' | 'registry'>,
  ) {
    this.implementation.addToServer(server);
    const { lifecycle } = host;
    lifecycle.follow(() => this.publishAll());
    lifecycle.impairments.follow(() => this.publishAll());
  }

  private publishAll(): void {
    const { lifecycle, registry } = this.host;
    const { state, impairments } = lifecycle;
    const lives = impairments.restartReason === undefined;
    const isReady = state === 'ready' && lives;
    for (const name of registry.names)
      this.publish(name, isReady && impairments.ofPipeline(name) === undefined);
    // After the pipelines: one of the same name does not replace these.
    for (const name of ['', 'readiness']) this.publish(name, isReady && impairments.reasons.length === 0);
    this.publish('liveness', lives);
  }

  /** Watchers of a name are sent changes only. */
  private publish(name: string, serves: boolean): void {
    if (this.published.get(name) === serves) return;
    this.published.set(name, serves);
    this.implementation.setStatus(name, serves ? 'SERVING' : 'NOT_SERVING');
  }
}
