import { type SessionState } from '../inferencer/sessions/model-session';

/**
 * Whether one version of a pipeline refuses its requests at once: it does (the breaker is open) while every worker of its
 * model has been given up. Workers try again by themselves, after delays that double.
 */
export class Breaker {
  private readonly givenUp = new Map<number, string>();
  private listener: () => void = () => undefined;

  /** @param workers how many worker threads the model has */
  constructor(private readonly workers: number) {}

  /** Why it is open; `undefined` while it is closed. */
  get reason(): string | undefined {
    if (this.givenUp.size < this.workers) return undefined;
    return [...new Set(this.givenUp.values())].join('; ');
  }

  /** What has become of one worker. */
  take(worker: number, state: SessionState, reason: string): void {
    // A worker that is being tried again is not back before it is ready.
    if (state === 'failed') this.givenUp.set(worker, reason);
    else if (state === 'ready') this.givenUp.delete(worker);
    this.listener();
  }

  /** Calls `listener`, the only one, whenever a worker's state has changed. */
  follow(listener: () => void): void {
    this.listener = listener;
  }
}
