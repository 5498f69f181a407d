/** The share of one core that this process uses between two times of `performance.now`. */
export class CpuMeter {
  private startMs = NaN;
  private before: NodeJS.CpuUsage | undefined;
  private share: number | undefined;
  private readonly timers: NodeJS.Timeout[];

  constructor(fromMs: number, untilMs: number) {
    const nowMs = performance.now();
    this.timers = [
      setTimeout(() => this.begin(), fromMs - nowMs),
      setTimeout(() => this.end(), untilMs - nowMs),
    ];
  }

  /** The share; 0 when the first time has not come. */
  stop(): number {
    for (const timer of this.timers) clearTimeout(timer);
    this.end();
    return this.share ?? 0;
  }

  private begin(): void {
    this.startMs = performance.now();
    this.before = process.cpuUsage();
  }

  private end(): void {
    if (this.before === undefined || this.share !== undefined) return;
    const { user, system } = process.cpuUsage(this.before);
    this.share = (user + system) / 1000 / (performance.now() - this.startMs);
  }
}
