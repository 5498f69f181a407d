import { type Server } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import { type Lifecycle } from '../lifecycle';

/**
 * The standard health service. `liveness` is SERVING for as long as the process answers, whatever the models do;
 * `readiness`, the server as a whole (empty name) and each pipeline (by its name) are SERVING while the server is ready.
 */
export class Health {
  private readonly implementation = new HealthImplementation({ liveness: 'SERVING' });
  private readonly names = new Set(['', 'readiness']);
  private isReady = false;

  constructor(server: Server, lifecycle: Lifecycle) {
    this.implementation.addToServer(server);
    lifecycle.follow((state) => {
      this.isReady = state === 'ready';
      for (const name of this.names) this.publish(name);
    });
  }

  /** Has the pipelines' own names answered. */
  addPipelines(names: readonly string[]): void {
    for (const name of names) {
      this.names.add(name);
      this.publish(name);
    }
  }

  private publish(name: string): void {
    this.implementation.setStatus(name, this.isReady ? 'SERVING' : 'NOT_SERVING');
  }
}
