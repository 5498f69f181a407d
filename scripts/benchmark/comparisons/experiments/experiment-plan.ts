import { type Profile } from '../../../../contracts/benchmark/profile-schema';
import { parseProfile } from '../../../../contracts/benchmark/read-profile';
import { UsageError } from '../../../../contracts/program/usage-error';

/** A deployment on this machine: inference servers, with or without Envoy in front. */
export interface Topology {
  readonly id: string;
  readonly name: string;
  readonly processes: number;
  readonly balanced: boolean;
}

/** One, two and four servers, as in the published experiments; and one without Envoy, which shows the cost of Envoy. */
export const TOPOLOGIES: readonly Topology[] = [
  { id: '1-process', name: '1 process', processes: 1, balanced: false },
  { id: '1-envoy', name: '1 process behind Envoy', processes: 1, balanced: true },
  { id: '2-envoy', name: '2 processes behind Envoy', processes: 2, balanced: true },
  { id: '4-envoy', name: '4 processes behind Envoy', processes: 4, balanced: true },
];

/** The profiles of one pipeline, measured with one start of a topology. */
export interface Experiment {
  /** Folder of the pipeline's document in `stacks/pipelines`. */
  readonly pipeline: 'fall-detection' | 'scratch-detection';
  readonly profiles: readonly Profile[];
}

export interface ExperimentPlan {
  readonly topologies: readonly Topology[];
  readonly experiments: readonly Experiment[];
}

interface PlanOptions {
  /** Under two minutes instead of under twelve, on two cores. */
  readonly quick: boolean;
  /** Names of profiles and ids of topologies; a kind without names is measured whole. */
  readonly only: readonly string[];
}

/** The published experiments in small: the same clients and devices, each measured for seconds instead of minutes. */
const DEFAULT = [
  '{ profile: fall-detection, clients: [1, 4, 16], devices: [10, 40, 160], warmUp: 1s, measure: 6s }',
  '{ profile: closed-loop, clients: 4, inFlight: [16, 64], warmUp: 1s, measure: 5s }',
  `{ profile: scratch-detection, clients: [1, 4], batch: [1, 4], warmUp: 1s, measure: 10s,
     scan: { images: [8, 8], every: 10s, within: 8s } }`,
];

const QUICK = [
  '{ profile: fall-detection, clients: 16, devices: [40, 160], warmUp: 500ms, measure: 2s }',
  '{ profile: closed-loop, clients: 4, inFlight: 16, warmUp: 500ms, measure: 2s }',
  `{ profile: scratch-detection, clients: 1, batch: [1, 4], warmUp: 500ms, measure: 2s, drain: 5s,
     scan: { images: [4, 4], every: 2s, within: 1500ms } }`,
];

/** @throws UsageError where `only` has an unknown name */
export function planExperiments({ quick, only }: PlanOptions): ExperimentPlan {
  const all = (quick ? QUICK : DEFAULT).map((text) => parseProfile(text));
  const names: string[] = [...all.map(({ profile }) => profile), ...TOPOLOGIES.map(({ id }) => id)];
  const unknown = only.find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new UsageError(`'--only' must be names out of ${names.join(', ')}, got '${unknown}'`);
  const chosen = <T>(from: readonly T[], nameOf: (one: T) => string): readonly T[] => {
    const some = from.filter((one) => only.includes(nameOf(one)));
    return some.length > 0 ? some : from;
  };
  const profiles = chosen(all, ({ profile }) => profile);
  const isScratch = ({ profile }: Profile): boolean => profile === 'scratch-detection';
  const experiments: Experiment[] = [
    { pipeline: 'fall-detection', profiles: profiles.filter((profile) => !isScratch(profile)) },
    { pipeline: 'scratch-detection', profiles: profiles.filter(isScratch) },
  ];
  return {
    topologies: chosen(TOPOLOGIES, ({ id }) => id),
    experiments: experiments.filter((experiment) => experiment.profiles.length > 0),
  };
}
