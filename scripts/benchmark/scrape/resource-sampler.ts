import { messageOf } from '../../../contracts/program/problem';
import { type ResourceUse } from '../../../contracts/benchmark/run-results';
import { type ResourceSource } from './reading';
import { ResourceRecord } from './resource-record';

/** Looks at the sources again and again while a load is measured. One that cannot be looked at is told once, and left out. */
export class ResourceSampler {
  private readonly told = new Set<ResourceSource>();
  private readonly records: ResourceRecord[];
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly reads = new Set<Promise<unknown>>();
  private fromMs = 0;
  private isOver = false;

  constructor(
    private readonly sources: readonly ResourceSource[],
    private readonly intervalMs: number,
    private readonly onWarning: (message: string) => void,
  ) {
    this.records = sources.map(({ name }) => new ResourceRecord(name));
  }

  /** Looks between these times (of `Date.now`), at both of them as well. */
  start(fromMs: number, untilMs: number): void {
    this.fromMs = fromMs;
    const begin = (): void => {
      this.sample();
      this.timers.push(setInterval(() => this.sample(), this.intervalMs));
    };
    this.timers.push(setTimeout(begin, fromMs - Date.now()));
    this.timers.push(setTimeout(() => this.end(), untilMs - Date.now()));
  }

  /** Looks a last time, if that has not been done; resolves to what has been used between. */
  async stop(): Promise<ResourceUse[]> {
    this.end();
    await Promise.all(this.reads);
    return this.records.flatMap((record) => record.toResourceUse() ?? []);
  }

  private end(): void {
    if (this.isOver) return;
    this.isOver = true;
    for (const timer of this.timers) clearTimeout(timer);
    if (Date.now() >= this.fromMs) this.sample();
  }

  private sample(): void {
    for (const [index, source] of this.sources.entries()) {
      const read = this.read(source, this.records[index]);
      this.reads.add(read);
      void read.then(() => this.reads.delete(read));
    }
  }

  private async read(source: ResourceSource, record: ResourceRecord): Promise<void> {
    try {
      const reading = await source.read();
      record.add((Date.now() - this.fromMs) / 1000, reading);
    } catch (error) {
      if (this.told.has(source)) return;
      this.told.add(source);
      this.onWarning(`${source.name} (${source.place}) cannot be read and is left out: ${reasonOf(error)}`);
    }
  }
}

/** What `fetch` throws has its reason in its cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error ? messageOf(cause) : messageOf(error);
}
