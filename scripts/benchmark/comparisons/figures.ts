import { cpus } from 'node:os';

/** One line of a benchmark's output. */
export function say(label: string, text: string): void {
  process.stdout.write(`${label.padEnd(50)} ${text}\n`);
}

/** The line that every benchmark begins with. */
export function sayMachine(more: string): void {
  say('machine', `${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}; ${more}`);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return (sorted[Math.ceil(half) - 1] + sorted[Math.floor(half)]) / 2;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The smallest value that `percent` % of the values do not exceed. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil((percent / 100) * sorted.length) - 1)] ?? NaN;
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
