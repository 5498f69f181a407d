import { type SessionState } from '../inferencer/sessions/model-session';

/**
 * Whether a model refuses its requests at once: it does (the breaker is open) while every worker of it has been given up.
 * Workers try again by themselves, after delays that double.
 */
export class Breaker {
  private readonly givenUp = new Map<number, string>();
  private readonly listeners = new Set<() => void>();

  /** @param workers how many worker threads the model has now */
  constructor(private readonly workers: () => number) {}

  /** Why it is open; `undefined` while it is closed. */
  get reason(): string | undefined {
    if (this.givenUp.size < this.workers()) return undefined;
    return [...new Set(this.givenUp.values())].join('; ');
  }

  /** Takes the state of one worker. */
  take(worker: number, state: SessionState, reason: string): void {
    // A worker that is being tried again is not back before it is ready.
    if (state === 'failed') this.givenUp.set(worker, reason);
    else if (state === 'ready' || state === 'closed') this.givenUp.delete(worker);
    for (const listener of this.listeners) listener();
  }

  /** Calls `listener` whenever a worker's state has changed, until what is returned is called. */
  follow(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
