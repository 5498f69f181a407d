import { join } from 'node:path';
import { messageOf } from '../../../../contracts/program/problem';
import { findPackageRoot } from '../../../../contracts/program/package-root';
import { type Profile } from '../../../../contracts/benchmark/profile-schema';
import { parseProfile } from '../../../../contracts/benchmark/read-profile';
import { type RunProgress } from '../../driver/progress-display';
import { type Machine, type Measurement, type RunResults } from '../../../../contracts/benchmark/run-results';
import { runProfile } from '../../driver/run-profile';
import { type CpuPlacement } from './cpu-placement';
import { type EnvoyProgram } from '../../../envoy/envoy-program';
import { type Experiment, type ExperimentPlan, type Topology } from './experiment-plan';
import { StartedTopology } from './started-topology';

export interface ExperimentsOptions {
  readonly plan: ExperimentPlan;
  readonly machine: Machine;
  /** Without Envoy, deployments behind it are left out, and the results say so. */
  readonly envoy: EnvoyProgram | undefined;
  readonly placement: CpuPlacement;
  /** CPU limit of each server, in cores. @default - no limit */
  readonly quota: number | undefined;
  readonly notes: readonly string[];
  readonly onTopology?: (topology: Topology, pids: readonly number[]) => void;
  readonly onProgress?: (progress: RunProgress) => void;
  readonly onWarning?: (message: string) => void;
  /** Called after each measurement, with all measurements until then. */
  readonly onResults?: (results: RunResults) => void;
  readonly signal?: AbortSignal;
}

/** Starts one topology after the other, measures it with every profile, and always stops it. */
export async function runExperiments(options: ExperimentsOptions): Promise<RunResults> {
  const { plan, envoy, signal } = options;
  const startedAt = new Date().toISOString();
  const measurements: Measurement[] = [];
  const endings: string[] = [];
  const results = (endedEarly?: string): RunResults => ({
    format: 'mis-bench/1',
    name: 'experiments',
    startedAt,
    finishedAt: new Date().toISOString(),
    machine: options.machine,
    ...(endedEarly !== undefined && { endedEarly }),
    notes: [...notesOf(options), ...endings],
    measurements: [...measurements],
  });
  for (const topology of plan.topologies.filter(({ balanced }) => !balanced || envoy !== undefined)) {
    for (const experiment of plan.experiments) {
      if (signal?.aborted) return results(messageOf(signal.reason));
      const ending = await measure(topology, experiment, options, (measurement) => {
        measurements.push(measurement);
        options.onResults?.(results('the run did not finish'));
      });
      // A deployment that fails does not end the run.
      if (ending !== undefined) endings.push(`${topology.name}, ${experiment.pipeline}: ${ending}.`);
    }
  }
  return results(signal?.aborted ? messageOf(signal.reason) : undefined);
}

/** Resolves to the reason when it ends early. */
async function measure(
  topology: Topology,
  { pipeline, profiles }: Experiment,
  options: ExperimentsOptions,
  onMeasurement: (measurement: Measurement) => void,
): Promise<string | undefined> {
  let started: StartedTopology;
  try {
    started = await StartedTopology.start(topology, {
      document: join(findPackageRoot(__dirname), 'stacks/pipelines', pipeline, 'pipeline.yaml'),
      cores: options.placement.serverCores,
      quota: options.quota,
      envoy: options.envoy?.path,
    });
  } catch (error) {
    return `could not be started: ${messageOf(error)}`;
  }
  try {
    options.onTopology?.(topology, started.pids);
    const { scrape, watch, address } = started;
    const { onProgress, onWarning, signal } = options;
    const labels = { deployment: topology.name, signal };
    // Compiles hot code: under a quota that would last far into the first measurement.
    await runProfile(warmUpOf(pipeline), { address }, labels);
    started.limit();
    for (const profile of profiles) {
      const callbacks = { onProgress, onWarning, onMeasurement };
      const run = await runProfile(profile, { address }, { ...labels, scrape, watch, ...callbacks });
      if (run.endedEarly !== undefined) return `ended early with ${profile.profile}: ${run.endedEarly}`;
    }
    return undefined;
  } finally {
    await started.stop();
  }
}

function warmUpOf(pipeline: Experiment['pipeline']): Profile {
  const inFlight = pipeline === 'fall-detection' ? 16 : 1;
  return parseProfile(
    `{ profile: closed-loop, data: { use: ${pipeline} }, clients: 8, inFlight: ${inFlight}, warmUp: 0s, measure: 1500ms }`,
  );
}

function notesOf({ plan, envoy, placement, quota, notes }: ExperimentsOptions): string[] {
  const balanced = plan.topologies.filter((topology) => topology.balanced).map(({ name }) => name);
  const behind =
    envoy === undefined
      ? `Left out, because this machine has no Envoy: ${balanced.join(', ')}.`
      : `Envoy ${envoy.version} sent streams to the servers in turn, with the configuration that the constructs write; its CPU is not bounded. Network figures are what Envoy received and sent.`;
  return [
    'All processes ran on one machine and spoke over its loopback address: no network lay between them.',
    placement.note,
    ...(quota === undefined
      ? []
      : [`Each server process was allowed ${quota} of a core, as a limit of a Pod does it.`]),
    ...(balanced.length > 0 ? [behind] : []),
    ...notes,
  ];
}
