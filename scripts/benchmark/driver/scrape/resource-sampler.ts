import { type ResourceUse } from '../../../../contracts/benchmark/run-results';
import { messageOf } from '../../../../contracts/program/problem';

/** One look at a process, a host or a device; what it does not expose is absent. */
export interface Reading {
  /** A counter: only differences have a meaning. */
  readonly cpuSeconds?: number;
  readonly memoryBytes?: number;
  readonly receivedBytes?: number;
  readonly sentBytes?: number;
  /** From 0 to 1. */
  readonly gpuUtilization?: number;
  /** Rows that the model has run, and in how many runs. */
  readonly batchRows?: number;
  readonly batchRuns?: number;
}

export interface ResourceSource {
  readonly name: string;
  readonly location: string;
  /** @throws Error when it cannot be read. */
  read(): Promise<Reading>;
}

/** Reads the sources at intervals while a load is measured. A source that fails is a warning, once, and left out. */
export class ResourceSampler {
  private readonly failed = new Set<ResourceSource>();
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

  /** Reads between these times (of `Date.now`), and at both of them. */
  start(fromMs: number, untilMs: number): void {
    this.fromMs = fromMs;
    const begin = (): void => {
      this.sample();
      this.timers.push(setInterval(() => this.sample(), this.intervalMs));
    };
    this.timers.push(setTimeout(begin, fromMs - Date.now()));
    this.timers.push(setTimeout(() => this.end(), untilMs - Date.now()));
  }

  /** Reads a last time, unless the end has passed; resolves to what was used between. */
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
      if (this.failed.has(source)) return;
      this.failed.add(source);
      // `fetch` has the reason in the cause of its error.
      const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      this.onWarning(
        `${source.name} (${source.location}) cannot be read and is left out: ${messageOf(reason)}`,
      );
    }
  }
}

interface TimedReading extends Reading {
  /** Seconds from the start of measuring. */
  readonly at: number;
}

type Counter = 'cpuSeconds' | 'receivedBytes' | 'sentBytes' | 'batchRows' | 'batchRuns';

export class ResourceRecord {
  private readonly readings: TimedReading[] = [];

  constructor(private readonly target: string) {}

  add(at: number, reading: Reading): void {
    this.readings.push({ at, ...reading });
  }

  toResourceUse(): ResourceUse | undefined {
    const { readings, target } = this;
    if (readings.length === 0) return undefined;
    const [rows, runs] = [this.growth('batchRows').by, this.growth('batchRuns').by];
    const memory = readings.flatMap(({ memoryBytes }) => memoryBytes ?? []);
    const gpu = readings.flatMap(({ gpuUtilization }) => gpuUtilization ?? []);
    return {
      target,
      cpuCores: this.perSecond('cpuSeconds'),
      memoryBytes: memory.length === 0 ? null : Math.max(...memory),
      receivedBytesPerSecond: this.perSecond('receivedBytes'),
      sentBytesPerSecond: this.perSecond('sentBytes'),
      gpuUtilization: gpu.length === 0 ? null : gpu.reduce((sum, value) => sum + value, 0) / gpu.length,
      meanBatchSize: runs === 0 ? null : rows / runs,
      samples: readings.map(({ at, memoryBytes }, index) => ({
        at,
        cpuCores: this.perSecond('cpuSeconds', readings.slice(Math.max(0, index - 1), index + 1)),
        memoryBytes: memoryBytes ?? null,
      })),
    };
  }

  private perSecond(counter: Counter, readings?: readonly TimedReading[]): number | null {
    const { by, seconds } = this.growth(counter, readings);
    return seconds === 0 ? null : by / seconds;
  }

  /** The increase of a counter and the time it took. A restarted process counts from zero: that step is left out. */
  private growth(
    counter: Counter,
    readings: readonly TimedReading[] = this.readings,
  ): { by: number; seconds: number } {
    const known = readings.filter((reading) => reading[counter] !== undefined);
    let by = 0;
    let seconds = 0;
    for (let index = 1; index < known.length; index++) {
      const step = known[index][counter]! - known[index - 1][counter]!;
      if (step < 0) continue;
      by += step;
      seconds += known[index].at - known[index - 1].at;
    }
    return { by, seconds };
  }
}
