import { type ResourceUse } from '../../../contracts/benchmark/run-results';
import { type Reading } from './reading';

interface TimedReading extends Reading {
  /** Seconds from the start of measuring. */
  readonly at: number;
}

type Counter = 'cpuSeconds' | 'receivedBytes' | 'sentBytes' | 'batchRows' | 'batchRuns';

/** The readings of one source, and what they come to. */
export class ResourceRecord {
  private readonly readings: TimedReading[] = [];

  constructor(private readonly target: string) {}

  add(at: number, reading: Reading): void {
    this.readings.push({ at, ...reading });
  }

  /** Undefined when nothing has been read. */
  toResourceUse(): ResourceUse | undefined {
    const { readings, target } = this;
    if (readings.length === 0) return undefined;
    const rows = this.growth('batchRows');
    const runs = this.growth('batchRuns');
    return {
      target,
      cpuCores: this.perSecond('cpuSeconds'),
      memoryBytes: most(present(readings, 'memoryBytes')),
      receivedBytesPerSecond: this.perSecond('receivedBytes'),
      sentBytesPerSecond: this.perSecond('sentBytes'),
      gpuUtilization: mean(present(readings, 'gpuUtilization')),
      meanBatchSize: rows === null || runs === null || runs.by === 0 ? null : rows.by / runs.by,
      samples: readings.map((reading, index) => ({
        at: reading.at,
        cpuCores: index === 0 ? null : rate(readings[index - 1], reading, 'cpuSeconds'),
        memoryBytes: reading.memoryBytes ?? null,
      })),
    };
  }

  private perSecond(counter: Counter): number | null {
    const growth = this.growth(counter);
    return growth === null ? null : growth.by / growth.seconds;
  }

  /** How much a counter has grown, and in which time. A process that began anew counts from zero: that step is left out. */
  private growth(counter: Counter): { by: number; seconds: number } | null {
    const known = this.readings.filter((reading) => reading[counter] !== undefined);
    let by = 0;
    let seconds = 0;
    for (let index = 1; index < known.length; index++) {
      const step = known[index][counter]! - known[index - 1][counter]!;
      if (step < 0) continue;
      by += step;
      seconds += known[index].at - known[index - 1].at;
    }
    return seconds === 0 ? null : { by, seconds };
  }
}

function rate(before: TimedReading, after: TimedReading, counter: Counter): number | null {
  const [from, to] = [before[counter], after[counter]];
  if (from === undefined || to === undefined || to < from || after.at === before.at) return null;
  return (to - from) / (after.at - before.at);
}

function present(readings: readonly Reading[], key: keyof Reading): number[] {
  return readings.flatMap((reading) => reading[key] ?? []);
}

function most(values: readonly number[]): number | null {
  return values.length === 0 ? null : Math.max(...values);
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}
