import { join } from 'node:path';
import { type Command } from 'commander';
import { FileError } from '../../../runtime/cli/formats/file-error';
import { option } from '../../../contracts/program/options';
import { requirePaths } from '../../../contracts/program/run-program';
import { UsageError } from '../../../contracts/program/usage-error';
import { InputError } from '../../../runtime/client';
import { ConfigurationError } from '../../../contracts/program/problem';
import { describeMachine } from '../machine';
import { cellsOf } from '../../../contracts/benchmark/cells-of';
import { type Profile } from '../../../contracts/benchmark/profile-schema';
import { readProfile } from '../../../contracts/benchmark/read-profile';
import { ProgressDisplay } from '../progress/progress-display';
import { formatSummary } from '../progress/summary-table';
import { loadRequests } from '../requests/load-requests';
import { writeReport } from '../report/write-report';
import { type Measurement, type RunResults } from '../../../contracts/benchmark/run-results';
import { writeResults } from '../results/write-results';
import { runProfile } from '../run-profile';
import { again, namedValues } from './named-values';
import { stopSignal } from './stop-signal';
import { addTargetOptions, toTarget, type TargetOptions } from './target-options';

interface Given extends TargetOptions {
  readonly deployment?: string;
  readonly out?: string;
  readonly processes: string;
  readonly startAt?: string;
  readonly part?: string;
  readonly scrape?: readonly string[];
  readonly watch?: readonly string[];
}

const EXAMPLES = `
Examples:
  mis-bench run experiments/fall-detection.yaml --target localhost:50051 --scrape runtime=http://localhost:9000/metrics
  mis-bench run experiments/throughput.yaml --processes 2 --out results/throughput
  mis-bench run experiments/steps.yaml --start-at 2026-05-01T12:00:00Z --part 1/2 --out a

Exit codes: 0 when every measurement is valid, 1 when the run ended early or one is not, 2 for a mistake in how it was called.`;

/** `mis-bench run`: drives a server as a profile says, and writes what it measured. */
export function addRunCommand(program: Command): void {
  const command = program
    .command('run')
    .description('drive a server as a profile says, and write what is measured')
    .argument('<profile>', 'a profile document (YAML or JSON)');
  addTargetOptions(command)
    .addOption(option('--deployment <name>', 'which topology answers; a label of the results'))
    .addOption(option('--out <dir>', 'folder for the results; default: one of its own in mis-bench-results'))
    .addOption(option('--processes <count>', 'driver processes that share the clients').default('1'))
    .addOption(
      option(
        '--start-at <time>',
        'when the load begins (ISO 8601), for runs of several machines to be joined',
      ),
    )
    .addOption(
      option('--part <number/of>', 'which of the machines that drive the server together this is, e.g. 1/2'),
    )
    .addOption(
      option(
        '--scrape <name=url>',
        'a Prometheus endpoint to read while measuring; may be given again',
      ).argParser(again),
    )
    .addOption(
      option('--watch <name=pid>', 'a process of this machine to watch; may be given again').argParser(again),
    )
    .addHelpText('after', EXAMPLES)
    .action(async (path: string, given: Given) => run(path, given));
}

async function run(path: string, given: Given): Promise<void> {
  const profile = usable(path);
  const target = toTarget(given, profile.target);
  const processes = toProcesses(given.processes);
  const startAt = toStart(given.startAt);
  const part = toPart(given.part);
  const scrape = namedValues(
    '--scrape',
    given.scrape ?? [],
    'name=url, e.g. runtime=http://localhost:9000/metrics',
    toUrl,
  );
  const watch = namedValues('--watch', given.watch ?? [], 'name=pid, e.g. envoy=4711', toPid);
  const startedAt = new Date().toISOString();
  const name = profile.name ?? profile.profile;
  const out = given.out ?? join('mis-bench-results', `${name}-${startedAt.replace(/[:.]/g, '-')}`);
  const display = new ProgressDisplay(process.stderr);
  const measured: Measurement[] = [];
  const keep = (measurements: readonly Measurement[], endedEarly: string | undefined): RunResults => {
    const results: RunResults = {
      ...{ format: 'mis-bench/1', name, startedAt },
      finishedAt: new Date().toISOString(),
      machine: describeMachine(),
      ...(endedEarly !== undefined && { endedEarly }),
      measurements: [...measurements],
    };
    writeResults(results, out);
    return results;
  };
  const stop = stopSignal();
  try {
    const { measurements, endedEarly } = await runProfile(profile, target, {
      ...{ processes, startAt, part, scrape, watch },
      deployment: given.deployment ?? profile.deployment ?? target.address,
      signal: stop.signal,
      onProgress: (progress) => display.update(progress),
      onWarning: (message) => display.say(`warning: ${message}`),
      onMeasurement: (measurement) => {
        measured.push(measurement);
        // What is killed now has kept it.
        keep(measured, 'the run has not come to its end');
      },
    });
    await writeReport(keep(measurements, endedEarly), out);
    display.end();
    if (measurements.length > 0) process.stdout.write(`${formatSummary(measurements)}\n`);
    process.stdout.write(`results in ${out}\n`);
    conclude(measurements, endedEarly);
  } finally {
    stop.forget();
  }
}

/** @throws Error when the run does not count as a whole. */
function conclude(measurements: readonly Measurement[], endedEarly: string | undefined): void {
  if (endedEarly !== undefined) throw new Error(`the run ended early: ${endedEarly}`);
  const invalid = measurements.filter((measurement) => measurement.invalid.length > 0).length;
  if (invalid > 0) throw new Error(`${invalid} of ${measurements.length} measurements are not valid`);
}

/** @throws UsageError when the document or its data cannot be used. */
function usable(path: string): Profile {
  requirePaths([path]);
  try {
    const profile = readProfile(path);
    const { data } = cellsOf(profile)[0];
    // Pictures are painted, which takes long and cannot fail.
    if (data.use !== 'scratch-detection') loadRequests(profile.service, data);
    return profile;
  } catch (error) {
    if (error instanceof ConfigurationError || error instanceof FileError || error instanceof InputError) {
      throw new UsageError(error.message);
    }
    throw error;
  }
}

function toProcesses(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= 256) return count;
  throw new UsageError(`'--processes' must be an integer from 1 to 256, got '${text}'`);
}

function toStart(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const ms = Date.parse(text);
  if (Number.isNaN(ms) || !/^\d{4}-\d\d-\d\dT/.test(text)) {
    throw new UsageError(`'--start-at' must be a time such as 2026-05-01T12:00:00Z, got '${text}'`);
  }
  if (ms <= Date.now()) throw new UsageError(`'--start-at' must be in the future, got '${text}'`);
  return new Date(ms);
}

function toPart(text: string | undefined): { number: number; of: number } | undefined {
  if (text === undefined) return undefined;
  const [, number, of] = (/^(\d{1,4})\/(\d{1,4})$/.exec(text) ?? []).map(Number);
  if (number >= 1 && number <= of) return { number, of };
  throw new UsageError(`'--part' must be <number>/<of>, e.g. 1/2, got '${text}'`);
}

function toUrl(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && /^https?:$/.test(url.protocol) ? text : undefined;
}

function toPid(text: string): number | undefined {
  return /^[1-9]\d*$/.test(text) ? Number(text) : undefined;
}
