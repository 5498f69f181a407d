import { cpus } from 'node:os';
import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { findPackageRoot } from '../../../contracts/program/package-root';
import { runProgram } from '../../../contracts/program/run-program';
import { UsageError } from '../../../contracts/program/usage-error';
import { inTurns, median, say, sayMachine } from './figures';
import {
  LOADS,
  measureEcho,
  measureServer,
  requireCheckout,
  type LoadFigures,
  type LoadName,
  type ServerFigures,
  type ServerLoadFigures,
} from './runtime/measure-server';

// npm run bench:runtime [-- --against <checkout>]: fall detection on one core, against a bare grpc-js echo or the server of
// another checkout.

interface Given {
  readonly against?: string;
  readonly rounds: string;
  readonly seconds: string;
  readonly json?: boolean;
}

const NAMES = Object.keys(LOADS) as LoadName[];
const HERE = findPackageRoot(__dirname);
/** Cores that others may use before a figure is called disturbed. */
const QUIET_CORES = 0.1;

async function run({ against, json = false, ...counts }: Given): Promise<void> {
  const [rounds, seconds] = [count('--rounds', counts.rounds), count('--seconds', counts.seconds)];
  const other = against === undefined ? undefined : resolve(against);
  if (other !== undefined) requireCheckout(other);
  if (!json) sayMachine('server pinned to one core; median of rounds (least to most)');
  const ours = () => measureServer(HERE, 'mis', seconds);
  const results =
    other === undefined
      ? await inTurns(rounds, {
          echo: () => measureEcho(seconds),
          mis: ours,
          node: () => measureServer(HERE, 'node', seconds),
        })
      : await inTurns(
          rounds,
          { ours, other: () => measureServer(other, 'mis', seconds) },
          { alternating: true },
        );
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length };
  if (json) process.stdout.write(`${JSON.stringify({ machine, rounds, seconds, ...results })}\n`);
  else if ('other' in results) printRatios(results.ours, results.other);
  else printFigures(results);
}

interface EchoResults {
  readonly mis: readonly ServerFigures[];
  readonly node: readonly ServerFigures[];
  readonly echo: readonly Partial<Record<LoadName, LoadFigures>>[];
}

interface Quantity<T> {
  readonly title: string;
  readonly of: (figures: T) => number;
  readonly digits: number;
  readonly unit: string;
}

const quantity = <T>(
  title: string,
  digits: number,
  unit: string,
  of: (figures: T) => number,
): Quantity<T> => ({ ...{ title, digits, unit, of } });

const OF_A_LOAD: readonly Quantity<ServerLoadFigures>[] = [
  quantity('answers', 0, '/s', ({ answersPerSecond }) => answersPerSecond),
  quantity('median', 2, ' ms', ({ medianMs }) => medianMs),
  quantity('99th percentile', 2, ' ms', ({ p99Ms }) => p99Ms),
  quantity('maximum', 1, ' ms', ({ maxMs }) => maxMs),
  quantity('CPU for an answer', 1, ' µs', ({ cpuUsPerAnswer }) => cpuUsPerAnswer),
  quantity('collector', 1, ' % of the time', ({ collectorShare }) => collectorShare * 100),
  quantity('allocated for an answer', 2, ' kB', ({ bytesPerAnswer }) => bytesPerAnswer / 1000),
];

/** Every quantity of a server, those of its loads with the load's name. */
const QUANTITIES: readonly Quantity<ServerFigures>[] = [
  quantity('start to ready', 0, ' ms', ({ startMs }) => startMs),
  quantity('resident memory, idle', 0, ' MB', ({ idleMb }) => idleMb),
  quantity('resident memory, peak', 0, ' MB', ({ peakMb }) => peakMb),
  ...NAMES.flatMap((name) =>
    OF_A_LOAD.map(({ title, of, digits, unit }) =>
      quantity(`${name}: ${title}`, digits, unit, ({ loads }: ServerFigures) => of(loads[name])),
    ),
  ),
];

function printFigures({ mis, node, echo }: EchoResults): void {
  for (const [as, runs] of [
    ['mis', mis],
    ['node lib/runtime/main.js', node],
  ] as const) {
    process.stdout.write(`\nstarted as ${as}, Node ${runs[0].node}\n`);
    for (const { title, of, digits, unit } of QUANTITIES) say(title, spread(runs.map(of), digits, unit));
    sayOthers(runs.flatMap(({ loads }) => Object.values(loads)));
  }
  process.stdout.write('\nbare grpc-js echo\n');
  for (const name of NAMES) {
    const rates = echo.map((figures) => figures[name]?.answersPerSecond ?? NaN);
    if (rates.some(Number.isNaN)) continue;
    say(`${name}: answers`, spread(rates, 0, '/s'));
    const ratios = mis.map(({ loads }, round) => loads[name].answersPerSecond / rates[round]);
    say(`${name}: as mis to the echo`, spread(ratios, 2, ''));
  }
  sayOthers(echo.flatMap((figures) => Object.values(figures)));
}

function printRatios(ours: readonly ServerFigures[], other: readonly ServerFigures[]): void {
  say(
    '',
    `this (Node ${ours[0].node}); the other (Node ${other[0].node}); this / other, of the single rounds`,
  );
  for (const { title, of, digits, unit } of QUANTITIES) {
    const ratios = ours.map((figures, round) => of(figures) / of(other[round]));
    const middle = (runs: readonly ServerFigures[]): string =>
      `${median(runs.map(of)).toFixed(digits)}${unit}`;
    const ratio = ratios.every(Number.isFinite) ? spread(ratios, 3, '') : '–';
    say(title, `${middle(ours)}; ${middle(other)}; ${ratio}`);
  }
  sayOthers([...ours, ...other].flatMap(({ loads }) => Object.values(loads)));
}

function sayOthers(runs: readonly LoadFigures[]): void {
  const cores = runs.map(({ othersCores }) => othersCores);
  const disturbed = cores.filter((used) => used > QUIET_CORES).length;
  say(
    'CPU of others meanwhile',
    `${spread(cores, 2, ' cores')}; ${disturbed} of ${cores.length} runs disturbed (> ${QUIET_CORES} cores)`,
  );
}

/** `median (least to most)`. */
function spread(values: readonly number[], digits: number, unit: string): string {
  if (values.length === 1) return `${values[0].toFixed(digits)}${unit}`;
  const ends = `${Math.min(...values).toFixed(digits)} to ${Math.max(...values).toFixed(digits)}`;
  return `${median(values).toFixed(digits)}${unit} (${ends})`;
}

function count(option: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 1000) return value;
  throw new UsageError(`'${option}' must be an integer from 1 to 1000, got '${text}'`);
}

const program = new Command('bench-runtime')
  .description('fall detection on one core: throughput, latency, CPU, garbage and memory')
  .addOption(
    new Option('--against <folder>', 'another built checkout: runs of both in turns, and their ratios'),
  )
  .addOption(new Option('--rounds <count>', 'runs of each server').default('3'))
  .addOption(new Option('--seconds <count>', 'measured time of each load').default('3'))
  .addOption(new Option('--json', 'every figure of every run as JSON'))
  .action(run);

void runProgram(program, process.argv).then((code) => process.exit(code));
