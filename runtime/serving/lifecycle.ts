import { Impairments } from './impairments';

export type LifecycleState = 'starting' | 'ready' | 'draining' | 'stopped' | 'failed';

const NEXT: Record<LifecycleState, readonly LifecycleState[]> = {
  starting: ['ready', 'draining', 'failed'],
  ready: ['draining', 'failed'],
  draining: ['stopped', 'failed'],
  stopped: [],
  failed: [],
};

/** The state of the server; health, readiness and admission follow it. */
export class Lifecycle {
  /** Reasons why it cannot serve everything although it is ready. */
  readonly impairments = new Impairments();
  private current: LifecycleState = 'starting';
  private readonly listeners: ((state: LifecycleState) => void)[] = [];

  get state(): LifecycleState {
    return this.current;
  }

  /** @throws Error when the step is not one that the server can take (a bug, never an input). */
  enter(state: LifecycleState): void {
    if (!NEXT[this.current].includes(state))
      throw new Error(`the server cannot go from ${this.current} to ${state}`);
    this.current = state;
    for (const listener of this.listeners) listener(state);
  }

  /** Calls `listener` at each change, and once now. */
  follow(listener: (state: LifecycleState) => void): void {
    this.listeners.push(listener);
    listener(this.current);
  }
}
