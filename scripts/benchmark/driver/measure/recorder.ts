import { build, type JsHistogram } from 'hdr-histogram-js';
import { type Distribution } from '../../../../contracts/benchmark/run-results';

interface RecorderKind {
  /** Histogram units in one unit of what is recorded. */
  readonly scale: number;
  /** Resolution, in histogram units. */
  readonly finest: number;
  readonly highest: number;
  /** Significant digits. */
  readonly digits: 2 | 3;
}

const NANOSECONDS_PER_MS = 1_000_000;

/** Milliseconds, to three digits; the resolution is 64 ns. */
export const LATENCY: RecorderKind = {
  ...{ scale: NANOSECONDS_PER_MS, finest: 100, highest: 7_200_000 * NANOSECONDS_PER_MS, digits: 3 },
};
/** Milliseconds to two digits, where there are many recorders: one a client, one a second. */
export const COARSE_LATENCY: RecorderKind = { ...LATENCY, digits: 2 };
export const COUNT: RecorderKind = { scale: 1, finest: 1, highest: 100_000_000, digits: 3 };

/**
 * Records a distribution: buckets and percentiles by an HDR histogram; count, extremes, mean and deviation exactly. Two of
 * the same kind can be merged without loss, also after serialization.
 */
export class Recorder {
  private readonly histogram: JsHistogram;
  private min = Infinity;
  private max = -Infinity;
  private sum = 0;
  private squares = 0;

  constructor(private readonly kind: RecorderKind) {
    this.histogram = build({
      lowestDiscernibleValue: kind.finest,
      highestTrackableValue: kind.highest,
      numberOfSignificantValueDigits: kind.digits,
    }) as JsHistogram;
  }

  get count(): number {
    return this.histogram.totalCount;
  }

  record(value: number): void {
    const { scale, highest } = this.kind;
    const positive = value > 0 ? value : 0;
    this.histogram.recordValue(Math.min(highest, Math.round(positive * scale)));
    if (positive < this.min) this.min = positive;
    if (positive > this.max) this.max = positive;
    this.sum += positive;
    this.squares += positive * positive;
  }

  /** The value that `percent` % of the values do not exceed; null without values. */
  percentile(percent: number): number | null {
    if (this.count === 0) return null;
    return Math.min(this.max, this.histogram.getValueAtPercentile(percent) / this.kind.scale);
  }

  /** Adds the values of another recorder of this kind. */
  add(other: Distribution): void {
    if (other.count === 0) return;
    for (const [bound, count] of other.buckets) {
      this.histogram.recordValueWithCount(Math.round(bound * this.kind.scale), count);
    }
    this.min = Math.min(this.min, other.min);
    this.max = Math.max(this.max, other.max);
    this.sum += other.mean * other.count;
    this.squares += (other.deviation ** 2 + other.mean ** 2) * other.count;
  }

  toDistribution(): Distribution {
    const { count } = this;
    if (count === 0) return EMPTY;
    const mean = this.sum / count;
    const at = (percent: number): number => this.percentile(percent) as number;
    return {
      ...{ count, min: this.min, max: this.max, mean },
      ...{ p5: at(5), p25: at(25), median: at(50), p75: at(75), p95: at(95), p99: at(99), p999: at(99.9) },
      deviation: Math.sqrt(Math.max(0, this.squares / count - mean ** 2)),
      buckets: this.buckets(),
    };
  }

  private buckets(): [number, number][] {
    const buckets: [number, number][] = [];
    const { histogram, kind } = this;
    const { recordedValuesIterator } = histogram;
    recordedValuesIterator.reset();
    while (recordedValuesIterator.hasNext()) {
      const { valueIteratedTo, countAtValueIteratedTo } = recordedValuesIterator.next();
      const bound = Math.min(kind.highest, histogram.highestEquivalentValue(valueIteratedTo));
      buckets.push([bound / kind.scale, countAtValueIteratedTo]);
    }
    return buckets;
  }
}

const EMPTY: Distribution = {
  ...{ count: 0, min: 0, p5: 0, p25: 0, median: 0, p75: 0, p95: 0, p99: 0, p999: 0, max: 0 },
  ...{ mean: 0, deviation: 0, buckets: [] },
};

/** One distribution out of those of several recorders of one kind. */
export function mergeDistributions(kind: RecorderKind, parts: readonly Distribution[]): Distribution {
  if (parts.length === 1) return parts[0];
  const merged = new Recorder(kind);
  for (const part of parts) merged.add(part);
  return merged.toDistribution();
}
