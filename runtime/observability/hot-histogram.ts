import { type Registry } from 'prom-client';

/** One line of the exposition. */
interface Sample {
  metricName: string;
  labels: Record<string, string | number>;
  value: number;
}

export interface HotHistogramOptions {
  readonly name: string;
  readonly help: string;
  /** `summary` exposes sum and count only, as the published server's summaries do. */
  readonly type: 'histogram' | 'summary';
  /** Upper bounds, ascending, without +Inf; a summary has none. */
  readonly buckets?: readonly number[];
}

/** One labelled series. Observing searches a few bounds and allocates nothing. */
export class HotSeries {
  sum = 0;
  count = 0;
  /** Observations per bucket, not cumulated; the last one is beyond every bound. */
  readonly counts: Float64Array;

  constructor(
    readonly labels: Readonly<Record<string, string>>,
    private readonly bounds: readonly number[],
  ) {
    this.counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    this.sum += value;
    this.count += 1;
    const { bounds } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > bounds[bucket]) bucket += 1;
    this.counts[bucket] += 1;
  }
}

/**
 * A histogram or summary for the message path, exposed through a prom-client registry. prom-client's own update a digest or
 * hash labels at each observation, which costs more than a whole small request.
 */
export class HotHistogram {
  readonly name: string;
  readonly help: string;
  readonly type: 'histogram' | 'summary';
  readonly aggregator = 'sum';
  private readonly bounds: readonly number[];
  private readonly series = new Map<string, HotSeries>();

  constructor(registry: Registry, options: HotHistogramOptions) {
    this.name = options.name;
    this.help = options.help;
    this.type = options.type;
    this.bounds = options.buckets ?? [];
    // The registry calls get() alone; its type asks for more.
    registry.registerMetric(this as never);
  }

  /** The series of these labels. Keep it: the lookup is too slow for the message path. */
  labels(labels: Readonly<Record<string, string>>): HotSeries {
    const key = JSON.stringify(labels);
    let series = this.series.get(key);
    if (series === undefined) {
      series = new HotSeries(labels, this.bounds);
      this.series.set(key, series);
    }
    return series;
  }

  reset(): void {
    this.series.clear();
  }

  get(): Promise<{ name: string; help: string; type: string; aggregator: string; values: Sample[] }> {
    const values: Sample[] = [];
    for (const series of this.series.values()) {
      if (this.type === 'histogram') this.pushBuckets(series, values);
      values.push({ metricName: `${this.name}_sum`, labels: series.labels, value: series.sum });
      values.push({ metricName: `${this.name}_count`, labels: series.labels, value: series.count });
    }
    return Promise.resolve({
      name: this.name,
      help: this.help,
      type: this.type,
      aggregator: this.aggregator,
      values,
    });
  }

  private pushBuckets(series: HotSeries, values: Sample[]): void {
    let cumulated = 0;
    for (const [index, bound] of [...this.bounds, '+Inf'].entries()) {
      cumulated += series.counts[index];
      values.push({
        metricName: `${this.name}_bucket`,
        labels: { ...series.labels, le: bound },
        value: cumulated,
      });
    }
  }
}
