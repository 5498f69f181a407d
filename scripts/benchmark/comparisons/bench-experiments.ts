import { Command, Option } from 'commander';
import { loadavg } from 'node:os';
import { type RunResults } from '../../../contracts/benchmark/run-results';
import { messageOf } from '../../../contracts/program/problem';
import { runProgram } from '../../../contracts/program/run-program';
import { UsageError } from '../../../contracts/program/usage-error';
import { exitOn } from '../../child-process-guard';
import { ControlGroup } from '../../control-group';
import { findEnvoy } from '../../envoy/envoy-program';
import { thisMachine } from '../driver/this-machine';
import { ProgressDisplay } from '../driver/progress-display';
import { stopSignal } from '../driver/stop-signal';
import { writeResults } from '../driver/write-results';
import { readResults } from '../report/read-results';
import { writeReport } from '../report/report';
import { type CpuPlacement, placeDriver } from './experiments/cpu-placement';
import { planExperiments } from './experiments/experiment-plan';
import { publishExperiments } from './experiments/publish-experiments';
import { runExperiments } from './experiments/run-experiments';

interface Given {
  readonly quick?: boolean;
  readonly only: readonly string[];
  readonly out: string;
  readonly quota?: string;
  readonly publish?: boolean | string;
}

/** `npm run bench:experiments`: topologies of this machine, measured one after the other. */
function createExperimentsProgram(): Command {
  return new Command('bench-experiments')
    .description('start each topology on this machine, measure it, and write results and report')
    .addOption(new Option('--quick', 'two minutes instead of twelve, for a look'))
    .addOption(
      new Option(
        '--only <names...>',
        'profiles (fall-detection, closed-loop, scratch-detection) and topologies (1-process, 1-envoy, 2-envoy, 4-envoy)',
      ).default([]),
    )
    .addOption(new Option('--out <folder>', 'where results and report go').default('bench-results'))
    .addOption(
      new Option(
        '--quota <cores>',
        "CPU of each server process, or 'none'; default: a quarter of the cores that are not the driver's, at most 1",
      ),
    )
    .addOption(
      new Option(
        '--publish [run]',
        'write docs/experiments.md: of this run, or of the run in this folder, without measuring',
      ),
    )
    .action(async (given: Given) => {
      if (typeof given.publish === 'string') return publishExperiments(readResults(given.publish));
      const results = await run(given);
      if (given.publish === true) await publishExperiments(results);
    });
}

const QUICK_NOTE = 'A quick run: measured for two to three seconds each, for a look and not for figures.';

async function run({ quick = false, only, out, quota: quotaText }: Given): Promise<RunResults> {
  const plan = planExperiments({ quick, only });
  const wanted = parseQuota(quotaText);
  // Before pinning, after which this process sees one core only.
  const machine = thisMachine();
  const busy = describeOtherLoad(machine.cores);
  const placement = placeDriver();
  const { quota, note } = usableQuota(wanted, placement);
  const display = new ProgressDisplay(process.stderr);
  const stop = stopSignal();
  exitOn('SIGHUP');
  // A second signal does not wait for the servers to stop.
  stop.signal.addEventListener('abort', () => exitOn('SIGINT', 'SIGTERM'));
  try {
    const results = await runExperiments({
      ...{ plan, machine, placement, quota, envoy: findEnvoy(), signal: stop.signal },
      notes: [note, busy, quick ? QUICK_NOTE : undefined].filter((text) => text !== undefined),
      onTopology: ({ name }) => display.say(name),
      onProgress: (progress) => display.update(progress),
      onWarning: (message) => display.say(`warning: ${message}`),
      onResults: (soFar) => writeResults(soFar, out),
    });
    writeResults(results, out);
    await writeReport(results, out);
    display.end();
    process.stdout.write(`report in ${out}/report.html\n`);
    if (results.endedEarly !== undefined) throw new Error(`the run ended early: ${results.endedEarly}`);
    return results;
  } finally {
    stop.forget();
  }
}

/** A note when the machine had other work, which measurements cannot tell from that of the servers. */
function describeOtherLoad(cores: number): string | undefined {
  const [minute] = loadavg();
  if (minute < cores / 4) return undefined;
  return `Other programs kept the machine busy: its load average was ${minute.toFixed(1)} on ${cores} cores at the start.`;
}

type Quota = number | 'none' | 'default';

function parseQuota(text: string | undefined): Quota {
  if (text === undefined) return 'default';
  if (text === 'none') return 'none';
  const cores = Number(text);
  if (cores >= 0.05 && cores <= 64) return cores;
  throw new UsageError(`'--quota' must be a number of cores from 0.05 to 64, or 'none', got '${text}'`);
}

/** The quota, or why this machine does not allow one. */
function usableQuota(wanted: Quota, { serverCores }: CpuPlacement): { quota?: number; note?: string } {
  if (wanted === 'none') return { note: 'The CPU of server processes was not bounded.' };
  const quota = wanted === 'default' ? Math.min(1, Math.max(1, serverCores.length) / 4) : wanted;
  try {
    ControlGroup.removeStale('mis-bench');
    ControlGroup.create(`mis-bench-${process.pid}-try`, { cpus: quota }).remove();
    return { quota };
  } catch (error) {
    return {
      note: `The CPU of server processes was not bounded, so they share the cores freely: ${messageOf(error)}.`,
    };
  }
}

// npm run bench:experiments [-- --quick]

void runProgram(createExperimentsProgram(), process.argv).then((code) => process.exit(code));
