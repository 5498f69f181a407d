/** Maximum number of hung threads; beyond it none is replaced. */
const MOST_HUNG_THREADS = 3;

/**
 * Threads of this process that were given up while they were in native code. Nothing can end them: each keeps its memory,
 * and maybe a core, until the engine returns, if ever. At the limit they are no longer replaced, and only a restart of the
 * process helps.
 */
export class HungThreads {
  private count = 0;
  private readonly listeners = new Set<() => void>();

  /** @param most how many may hang before `isFull` */
  constructor(readonly most: number = MOST_HUNG_THREADS) {}

  get size(): number {
    return this.count;
  }

  get isFull(): boolean {
    return this.count >= this.most;
  }

  /** Counts a thread until it has `ended` after all. */
  add(ended: Promise<unknown>): void {
    this.change(1);
    void ended.then(() => this.change(-1));
  }

  /** Calls `listener` at each change; returns what calls it off. */
  follow(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private change(by: number): void {
    this.count += by;
    for (const listener of [...this.listeners]) listener();
  }
}

/** Those of this process. */
export const HUNG_THREADS = new HungThreads();
