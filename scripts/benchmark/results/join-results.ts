import { COUNT, LATENCY, mergeDistributions } from '../measure/recorder';
import { addCounts } from '../measure/to-measurement';
import {
  type Measurement,
  type ResourceUse,
  type RunResults,
} from '../../../contracts/benchmark/run-results';

/** Runs that began further apart than this did not load the server together. */
const MOST_APART_MS = 1_000;

/** Thrown when results are not of runs that belong together. */
export class JoinError extends Error {
  override readonly name = 'JoinError';
}

/** The results of driver machines that drove one server at the same time, as those of one run. */
export function joinResults(parts: readonly RunResults[]): RunResults {
  const [first] = parts;
  const counts = parts.map(({ measurements }) => measurements.length);
  const complete = Math.min(...counts);
  if (complete !== Math.max(...counts) && parts.every(({ endedEarly }) => endedEarly === undefined)) {
    throw new JoinError(`the runs have different numbers of measurements: ${counts.join(', ')}`);
  }
  const endings = parts.flatMap(({ endedEarly }) => endedEarly ?? []);
  return {
    format: first.format,
    name: first.name,
    startedAt: parts.map(({ startedAt }) => startedAt).sort()[0],
    finishedAt: parts
      .map(({ finishedAt }) => finishedAt)
      .sort()
      .at(-1)!,
    machine: first.machine,
    ...(endings.length > 0 && { endedEarly: [...new Set(endings)].join('; ') }),
    measurements: Array.from({ length: complete }, (_, index) =>
      joinMeasurements(
        parts.map(({ measurements }) => measurements[index]),
        index,
      ),
    ),
  };
}

function joinMeasurements(parts: readonly Measurement[], index: number): Measurement {
  const [first] = parts;
  for (const key of ['deployment', 'profile', 'devices', 'batch', 'load', 'warmUpSeconds'] as const) {
    const values = new Set(parts.map((part) => part[key]));
    if (values.size > 1) {
      throw new JoinError(
        `measurement ${index + 1} is not the same in all runs: ${key} is ${[...values].map(String).join(', ')}`,
      );
    }
  }
  const merged = <K extends 'fromDue' | 'fromSent'>(key: K): Measurement[K] =>
    mergeDistributions(
      LATENCY,
      parts.map((part) => part[key]),
    );
  return {
    ...first,
    clients: parts.reduce((sum, { clients }) => sum + clients, 0),
    startedAt: parts.map(({ startedAt }) => startedAt).sort()[0],
    measuredSeconds: Math.max(...parts.map(({ measuredSeconds }) => measuredSeconds)),
    counts: addCounts(parts.map(({ counts }) => counts)),
    answersPerSecond: parts.reduce((sum, { answersPerSecond }) => sum + answersPerSecond, 0),
    fromDue: merged('fromDue'),
    fromSent: merged('fromSent'),
    perClient: parts.flatMap(({ perClient }) => perClient).map((record, client) => ({ ...record, client })),
    inFlight: mergeDistributions(
      COUNT,
      parts.map(({ inFlight }) => inFlight),
    ),
    seconds: joinSeconds(parts),
    driver: {
      processes: parts.reduce((sum, { driver }) => sum + driver.processes, 0),
      lateness: mergeDistributions(
        LATENCY,
        parts.map(({ driver }) => driver.lateness),
      ),
      cpuShare: Math.max(...parts.map(({ driver }) => driver.cpuShare)),
    },
    resources: joinResources(parts),
    invalid: [...new Set([...apart(parts), ...parts.flatMap(({ invalid }) => invalid)])],
  };
}

function apart(parts: readonly Measurement[]): string[] {
  const times = parts.map(({ startedAt }) => Date.parse(startedAt));
  const apartMs = Math.max(...times) - Math.min(...times);
  return apartMs > MOST_APART_MS ? [`the joined runs began ${(apartMs / 1000).toFixed(1)} s apart`] : [];
}

/**
 * The results do not have the latencies of each second in full. The median of a joined second is the mean of its parts'
 * medians, weighted by their answers; its 99th percentile is the largest of theirs, which it does not exceed.
 */
function joinSeconds(parts: readonly Measurement[]): Measurement['seconds'] {
  const length = Math.max(...parts.map(({ seconds }) => seconds.length));
  return Array.from({ length }, (_, at) => {
    const same = parts.flatMap(({ seconds }) => seconds[at] ?? []);
    const timed = same.filter(({ medianMs }) => medianMs !== null);
    const answers = timed.reduce((sum, { answered }) => sum + answered, 0);
    const weighted = timed.reduce((sum, { answered, medianMs }) => sum + answered * medianMs!, 0);
    return {
      at,
      sent: same.reduce((sum, { sent }) => sum + sent, 0),
      answered: same.reduce((sum, { answered }) => sum + answered, 0),
      failed: same.reduce((sum, { failed }) => sum + failed, 0),
      medianMs: answers === 0 ? null : weighted / answers,
      p99Ms: answers === 0 ? null : Math.max(...timed.map(({ p99Ms }) => p99Ms ?? 0)),
    };
  });
}

/** A target that several runs looked at is the same one: who looked most often tells. */
function joinResources(parts: readonly Measurement[]): ResourceUse[] {
  const byTarget = new Map<string, ResourceUse>();
  for (const use of parts.flatMap(({ resources }) => resources)) {
    const known = byTarget.get(use.target);
    if (known === undefined || use.samples.length > known.samples.length) byTarget.set(use.target, use);
  }
  return [...byTarget.values()];
}
