import { cpus } from 'node:os';

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

/** The median of `a / b` over the rounds. */
export function medianRatio(a: readonly number[], b: readonly number[]): number {
  return median(a.map((value, round) => value / b[round]));
}

export async function timed(task: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await task();
  return performance.now() - startMs;
}

/**
 * Measures every entry once a round, one after the other: other work on the machine hits all of them alike.
 * @param options.alternating reverses the order in every second round
 */
export async function inTurns<M extends Readonly<Record<string, () => unknown>>>(
  rounds: number,
  measures: M,
  { alternating = false } = {},
): Promise<{ [K in keyof M]: Awaited<ReturnType<M[K]>>[] }> {
  const entries = Object.entries(measures).map(([name, measure]) => ({
    name,
    measure,
    found: [] as unknown[],
  }));
  for (let round = 0; round < rounds; round += 1) {
    const order = alternating && round % 2 === 1 ? entries.toReversed() : entries;
    for (const { measure, found } of order) found.push(await measure());
  }
  return Object.fromEntries(entries.map(({ name, found }) => [name, found])) as Awaited<
    ReturnType<typeof inTurns<M>>
  >;
}
