import { type Command } from 'commander';
import { join } from 'node:path';
import { cellsOf } from '../../../contracts/benchmark/cells-of';
import { type Profile } from '../../../contracts/benchmark/profile-schema';
import { readProfile } from '../../../contracts/benchmark/read-profile';
import { type Measurement, type RunResults } from '../../../contracts/benchmark/run-results';
import { ConfigurationError } from '../../../contracts/program/problem';
import { addOptions, type GivenOptions, type OptionTable } from '../../../contracts/program/options';
import { requirePaths } from '../../../contracts/program/run-program';
import { UsageError } from '../../../contracts/program/usage-error';
import { FileError } from '../../../runtime/cli/formats/file-error';
import { InputError } from '../../../runtime/client';
import { writeReport } from '../report/report';
import { thisMachine } from './this-machine';
import { ProgressDisplay } from './progress-display';
import { loadRequests } from './requests/load-requests';
import { runProfile } from './run-profile';
import { stopSignal } from './stop-signal';
import { formatSummary } from '../report/run-tables';
import { TARGET_OPTIONS, toTarget } from './target';
import { writeResults } from './write-results';

const RUN_OPTIONS = {
  ...TARGET_OPTIONS,
  deployment: {
    flags: '--deployment <name>',
    description: 'which topology answers; a label of the results',
  },
  out: {
    flags: '--out <dir>',
    description: 'folder for the results; default: one of its own in mis-bench-results',
  },
  processes: {
    flags: '--processes <count>',
    description: 'driver processes that share the clients',
    default: '1',
  },
  scrape: {
    flags: '--scrape <name=url>',
    description: 'a Prometheus endpoint to read while measuring; repeatable',
    repeatable: 'values',
  },
  watch: {
    flags: '--watch <name=pid>',
    description: 'a process of this machine to watch; repeatable',
    repeatable: 'values',
  },
} as const satisfies OptionTable;

type Given = GivenOptions<typeof RUN_OPTIONS>;

const EXAMPLES = `
Examples:
  mis-bench run experiments/fall-detection.yaml --target localhost:50051 --scrape runtime=http://localhost:9000/metrics
  mis-bench run experiments/throughput.yaml --processes 2 --out results/throughput

Exit codes: 0 when every measurement is valid, 1 when the run ended early or one is not, 2 for a mistake in how it was called.`;

export function addRunCommand(program: Command): void {
  const command = program
    .command('run')
    .description('drive a server as a profile says, and write what is measured')
    .argument('<profile>', 'a profile document (YAML or JSON)');
  addOptions(command, RUN_OPTIONS)
    .addHelpText('after', EXAMPLES)
    .action(async (path: string, given: Given) => run(path, given));
}

async function run(path: string, given: Given): Promise<void> {
  const profile = usable(path);
  const target = toTarget(given, profile.target);
  const processes = toProcesses(given.processes ?? RUN_OPTIONS.processes.default);
  const url = 'name=url, e.g. runtime=http://localhost:9000/metrics';
  const scrape = namedValues('--scrape', given.scrape, url, isUrl);
  const pids = namedValues('--watch', given.watch, 'name=pid, e.g. envoy=4711', (text) =>
    /^[1-9]\d*$/.test(text),
  );
  const watch = Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, Number(pid)]));
  const startedAt = new Date().toISOString();
  const name = profile.name ?? profile.profile;
  const out = given.out ?? join('mis-bench-results', `${name}-${startedAt.replace(/[:.]/g, '-')}`);
  const display = new ProgressDisplay(process.stderr);
  const measured: Measurement[] = [];
  const keep = (measurements: readonly Measurement[], endedEarly: string | undefined): RunResults => {
    const results: RunResults = {
      ...{ format: 'mis-bench/1', name, startedAt },
      finishedAt: new Date().toISOString(),
      machine: thisMachine(),
      ...(endedEarly !== undefined && { endedEarly }),
      measurements: [...measurements],
    };
    writeResults(results, out);
    return results;
  };
  const stop = stopSignal();
  try {
    const { measurements, endedEarly } = await runProfile(profile, target, {
      ...{ processes, scrape, watch },
      deployment: given.deployment ?? profile.deployment ?? target.address,
      signal: stop.signal,
      onProgress: (progress) => display.update(progress),
      onWarning: (message) => display.say(`warning: ${message}`),
      onMeasurement: (measurement) => {
        measured.push(measurement);
        keep(measured, 'the run did not finish');
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
    // Painting pictures takes long and cannot fail.
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

function isUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

/** @throws UsageError where a text is not `name=value` with a good value, or a name stands twice */
function namedValues(
  option: string,
  given: readonly string[] = [],
  allowed: string,
  isGood: (value: string) => boolean,
): Record<string, string> {
  const values = new Map<string, string>();
  for (const text of given) {
    const [, name, value] = /^([^=]+)=(.+)$/.exec(text) ?? [];
    if (value === undefined || !isGood(value))
      throw new UsageError(`'${option}' must be ${allowed}, got '${text}'`);
    if (values.has(name)) throw new UsageError(`'${option}' gives '${name}' twice`);
    values.set(name, value);
  }
  return Object.fromEntries(values);
}
