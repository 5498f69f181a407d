/** Reasons why a running server cannot serve all of its pipelines; health follows them. */
export class Impairments {
  private readonly pipelines = new Map<string, string>();
  private restart: string | undefined;
  private readonly listeners: (() => void)[] = [];

  /** Why the pipeline refuses its requests; `undefined` when it serves. */
  setPipeline(name: string, reason: string | undefined): void {
    if (this.pipelines.get(name) === reason) return;
    if (reason === undefined) this.pipelines.delete(name);
    else this.pipelines.set(name, reason);
    this.tell();
  }

  /** Why only a restart of the process helps; `undefined` when none is needed. */
  askForRestart(reason: string | undefined): void {
    if (this.restart === reason) return;
    this.restart = reason;
    this.tell();
  }

  ofPipeline(name: string): string | undefined {
    return this.pipelines.get(name);
  }

  get restartReason(): string | undefined {
    return this.restart;
  }

  /** All reasons, one sentence each. */
  get reasons(): string[] {
    const broken = [...this.pipelines].map(([name, reason]) => `pipeline '${name}': ${reason}`);
    return this.restart === undefined ? broken : [`restart needed: ${this.restart}`, ...broken];
  }

  /** Calls `listener` at each change. */
  follow(listener: () => void): void {
    this.listeners.push(listener);
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}
