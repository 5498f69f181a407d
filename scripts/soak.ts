import { parseArgs } from 'node:util';
import { messageOf } from '../contracts/program/problem';
import { soakLimited } from './soak/limited';
import { Report } from './soak/report';
import { soakRolling } from './soak/rolling';
import { soakSteady } from './soak/steady';
import { soakSwaps } from './soak/swaps';

// npm run soak [-- NAME] [--count N]: long runs against the built server, each with a verdict.

const RUNS: Readonly<Record<string, { count: number; run(report: Report, count: number): Promise<void> }>> = {
  steady: { count: 1_000_000, run: soakSteady },
  limited: { count: 200, run: soakLimited },
  rolling: { count: 100_000, run: soakRolling },
  swaps: { count: 100, run: (report, count) => soakSwaps(report, count, 'auto') },
  'swaps-worker': { count: 100, run: (report, count) => soakSwaps(report, count, 'worker') },
};

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { count: { type: 'string' } },
    allowPositionals: true,
  });
  const [name = 'steady'] = positionals;
  const chosen = Object.hasOwn(RUNS, name) ? RUNS[name] : undefined;
  const count = values.count === undefined ? chosen?.count : Number(values.count);
  if (chosen === undefined || positionals.length > 1)
    throw new Error(`there are ${Object.keys(RUNS).join(', ')}, got '${positionals.join(' ')}'`);
  if (count === undefined || !Number.isInteger(count) || count < 1)
    throw new Error(`--count must be a whole number from 1 on, got '${values.count}'`);
  const report = new Report();
  await chosen.run(report, count);
  return report.exitCode;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`soak: ${messageOf(error)}\n`);
    process.exit(1);
  },
);
