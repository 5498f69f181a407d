import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf } from '../contracts/program/problem';
import { makeCase } from './fuzz/fuzz-case';
import { writeFuzzPipelines } from './fuzz/fuzz-pipelines';
import { fuzzOperators } from './fuzz/fuzz-operators';
import { fuzzServer } from './fuzz/fuzz-server';
import { Report } from './soak/report';

// npm run fuzz [-- --seed N] [--count N] [--case N]: bad bytes against the built server. A case that fails prints how it is
// run again, alone. npm run fuzz -- operators [Name]: each operator of the engine with odd inputs, in a process of its own;
// some ask for all the memory that there is: `ulimit -v 8000000` first.

/** Fewer cases say nothing about memory. */
const JUDGED_CASES = 20_000;
const MOST_GROWTH = 0.1;
/** Longest that the neighbour may go without an answer. */
const MOST_SILENCE_MS = 5_000;

interface Arguments {
  readonly seed: number;
  readonly count: number;
  readonly case?: number;
}

function readArguments(): Arguments {
  const { values } = parseArgs({
    options: { seed: { type: 'string' }, count: { type: 'string' }, case: { type: 'string' } },
  });
  const read = (name: 'seed' | 'count' | 'case'): number | undefined => {
    const text = values[name];
    if (text === undefined) return undefined;
    const number = Number(text);
    if (Number.isInteger(number) && number >= 0 && text !== '') return number;
    throw new Error(`--${name} must be a whole number from 0 on, got '${text}'`);
  };
  return { seed: read('seed') ?? 1, count: read('count') ?? 300_000, case: read('case') };
}

/** What a case sends, for debugging. */
function show(report: Report, seed: number, index: number): void {
  const folder = mkdtempSync(join(tmpdir(), 'mis-fuzz-'));
  const fuzzed = makeCase(seed, index, writeFuzzPipelines(folder).targets);
  rmSync(folder, { recursive: true });
  const bytes = fuzzed.kind === 'frames' ? fuzzed.bytes : fuzzed.body;
  const rest = { ...fuzzed, body: undefined, bytes: undefined };
  report.say(`case ${index} of seed ${seed}`, JSON.stringify(rest));
  report.say('its bytes', bytes.toString('hex'));
}

async function fuzz({ seed, count, case: only }: Arguments, report: Report): Promise<void> {
  if (only !== undefined) show(report, seed, only);
  const startedMs = performance.now();
  const found = await fuzzServer({
    seed,
    ...(only === undefined ? { first: 0, count } : { first: only, count: 1 }),
  });
  const seconds = (performance.now() - startedMs) / 1000;
  report.say('cases', `${found.done} of seed ${seed} in ${seconds.toFixed(1)} s`);
  for (const [ending, times] of [...found.endings].sort()) report.say(`  ${ending}`, String(times));
  for (const { index, kind, reason } of found.failures) {
    report.say(`case ${index}: ${kind}`, reason);
    report.say('  again', `npm run fuzz -- --seed ${seed} --case ${index}`);
  }
  report.verdict('cases that failed', found.failures.length === 0, String(found.failures.length));
  const { answers, faults, longestSilenceMs } = found.neighbour;
  report.verdict(
    'neighbour',
    faults.length === 0 && answers > 0,
    `${answers} answers, ${faults.length} faults`,
  );
  for (const fault of faults) report.say('', fault);
  report.verdict(
    'its longest wait',
    longestSilenceMs <= MOST_SILENCE_MS,
    `${longestSilenceMs.toFixed(0)} ms (≤ ${MOST_SILENCE_MS} ms)`,
  );
  report.verdict('connections left open', found.connectionsLeft === 0, String(found.connectionsLeft));
  report.verdict('exit code', found.exitCode === 0, `${found.exitCode} after SIGTERM`);
  if (found.done < JUDGED_CASES) return;
  const tenths = found.memory.tenths();
  report.say('memory of each tenth', `${tenths.map((mb) => mb.toFixed(1)).join(' ')} MB`);
  const growth = tenths[9] / tenths[2] - 1;
  report.verdict(
    'growth since the third',
    growth <= MOST_GROWTH,
    `${(growth * 100).toFixed(1)} % (≤ ${MOST_GROWTH * 100} %)`,
  );
}

async function sweep(report: Report, only: string | undefined): Promise<void> {
  const { operators, notLoaded, endings, killers, missed } = await fuzzOperators(only);
  for (const line of notLoaded) report.say('not loaded', line);
  report.say('operators', String(operators.size));
  for (const [ending, times] of [...endings].sort()) report.say(`  ${ending}`, String(times));
  report.say('end or hang a process', [...killers].sort().join(' '));
  for (const line of missed) report.say('missed', line);
  report.verdict('requests that would have ended a server', missed.length === 0, String(missed.length));
}

async function main(): Promise<number> {
  const report = new Report();
  const [first, only] = process.argv.slice(2);
  if (first === 'operators') {
    await sweep(report, only);
    return report.exitCode;
  }
  await fuzz(readArguments(), report);
  return report.exitCode;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`fuzz: ${messageOf(error)}\n`);
    process.exit(1);
  },
);
