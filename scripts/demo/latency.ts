/** Milliseconds, two digits after the point. */
export interface LatencySummary {
  readonly median: string;
  readonly p95: string;
  readonly p99: string;
  readonly max: string;
}

/** The percentiles that a person wants to see. */
export function summarizeLatency(latenciesMs: readonly number[]): LatencySummary {
  const sorted = [...latenciesMs].sort((a, b) => a - b);
  const at = (share: number): string =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))].toFixed(2);
  return { median: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}
