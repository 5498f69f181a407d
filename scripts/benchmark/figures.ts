/** Bytes of the package that the repository's transfers are measured with. */
export const PACKAGE_BYTES = 180 * 1000 * 1000;

/** One line of a benchmark's output. */
export function say(label: string, text: string): void {
  process.stdout.write(`${label.padEnd(48)} ${text}\n`);
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The smallest value that so many percent of the values do not exceed. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil((percent / 100) * sorted.length) - 1)] ?? NaN;
}

/** What moving the package in so many milliseconds comes to. */
export function megabytesPerSecond(ms: number): string {
  return `${(PACKAGE_BYTES / 1000 / ms).toFixed(0)} MB/s`;
}
