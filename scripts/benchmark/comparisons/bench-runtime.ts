import { cpus } from 'node:os';
import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { findPackageRoot } from '../../../contracts/program/package-root';
import { runProgram } from '../../../contracts/program/run-program';
import { UsageError } from '../../../contracts/program/usage-error';
import { median, say, sayMachine } from './figures';
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

async function run({
  against,
  rounds: roundsText,
  seconds: secondsText,
  json = false,
}: Given): Promise<void> {
  const [rounds, seconds] = [count('--rounds', roundsText), count('--seconds', secondsText)];
  if (against !== undefined) requireCheckout(resolve(against));
  if (!json) sayMachine('server pinned to one core; median of rounds (least to most)');
  const results =
    against === undefined
      ? await againstEcho(rounds, seconds)
      : await againstCheckout(resolve(against), rounds, seconds);
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

async function againstEcho(rounds: number, seconds: number): Promise<EchoResults> {
  const results = {
    mis: [] as ServerFigures[],
    node: [] as ServerFigures[],
    echo: [] as EchoResults['echo'][number][],
  };
  for (let round = 0; round < rounds; round += 1) {
    results.echo.push(await measureEcho(seconds));
    results.mis.push(await measureServer(HERE, 'mis', seconds));
    results.node.push(await measureServer(HERE, 'node', seconds));
  }
  return results;
}

interface CheckoutResults {
  readonly ours: readonly ServerFigures[];
  readonly other: readonly ServerFigures[];
}

/** Both in turns, the first one of a round changing: what else the machine does hits both alike. */
async function againstCheckout(other: string, rounds: number, seconds: number): Promise<CheckoutResults> {
  const results = { ours: [] as ServerFigures[], other: [] as ServerFigures[] };
  for (let round = 0; round < rounds; round += 1) {
    const turns = [
      async () => results.ours.push(await measureServer(HERE, 'mis', seconds)),
      async () => results.other.push(await measureServer(other, 'mis', seconds)),
    ];
    for (const turn of round % 2 === 0 ? turns : turns.reverse()) await turn();
  }
  return results;
}

interface Quantity<T> {
  readonly title: string;
  readonly of: (figures: T) => number;
  readonly digits: number;
  readonly unit: string;
}

const OF_A_LOAD: readonly Quantity<ServerLoadFigures>[] = [
  { title: 'answers', of: ({ answersPerSecond }) => answersPerSecond, digits: 0, unit: '/s' },
  { title: 'median', of: ({ medianMs }) => medianMs, digits: 2, unit: ' ms' },
  { title: '99th percentile', of: ({ p99Ms }) => p99Ms, digits: 2, unit: ' ms' },
  { title: 'maximum', of: ({ maxMs }) => maxMs, digits: 1, unit: ' ms' },
  { title: 'CPU for an answer', of: ({ cpuUsPerAnswer }) => cpuUsPerAnswer, digits: 1, unit: ' µs' },
  { title: 'collector', of: ({ collectorShare }) => collectorShare * 100, digits: 1, unit: ' % of the time' },
  {
    title: 'allocated for an answer',
    of: ({ bytesPerAnswer }) => bytesPerAnswer / 1000,
    digits: 2,
    unit: ' kB',
  },
];

const OF_A_SERVER: readonly Quantity<ServerFigures>[] = [
  { title: 'start to ready', of: ({ startMs }) => startMs, digits: 0, unit: ' ms' },
  { title: 'resident memory, idle', of: ({ idleMb }) => idleMb, digits: 0, unit: ' MB' },
  { title: 'resident memory, peak', of: ({ peakMb }) => peakMb, digits: 0, unit: ' MB' },
];

/** Every quantity of a server, those of its loads with the load's name. */
const QUANTITIES: readonly Quantity<ServerFigures>[] = [
  ...OF_A_SERVER,
  ...NAMES.flatMap((name) =>
    OF_A_LOAD.map(({ title, of, ...shown }) => ({
      ...shown,
      title: `${name}: ${title}`,
      of: (figures: ServerFigures) => of(figures.loads[name]),
    })),
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

/** Says how quiet the machine was. */
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
