import { type LoadJob } from '../load/load-job';
import { loadNote } from '../../../contracts/benchmark/load-note';
import { type Measurement, type ResourceUse } from '../../../contracts/benchmark/run-results';
import { type LoadShare } from './load-record';
import { COUNT, LATENCY, mergeDistributions } from './recorder';
import { mergeSeconds } from './second-record';

/** Adds the counts by key. */
export function addByCode(parts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sum = new Map<string, number>();
  for (const part of parts) {
    for (const [code, count] of Object.entries(part)) sum.set(code, (sum.get(code) ?? 0) + count);
  }
  return Object.fromEntries(sum);
}

export function addCounts(parts: readonly Measurement['counts'][]): Measurement['counts'] {
  const sum = (count: (part: Measurement['counts']) => number): number =>
    parts.reduce((total, part) => total + count(part), 0);
  return {
    due: sum(({ due }) => due),
    sent: sum(({ sent }) => sent),
    answered: sum(({ answered }) => answered),
    failed: sum(({ failed }) => failed),
    lost: sum(({ lost }) => lost),
    byCode: addByCode(parts.map(({ byCode }) => byCode)),
  };
}

/** The measurement out of what each driver process has measured. */
export function toMeasurement(
  { profile, deployment, cell, warmUpMs }: LoadJob,
  shares: readonly LoadShare[],
  resources: readonly ResourceUse[],
  invalid: readonly string[],
): Measurement {
  const load = loadNote(cell.load);
  const measuredSeconds = Math.max(...shares.map((share) => share.measuredSeconds));
  const answers = shares.reduce((sum, { answersInTime }) => sum + answersInTime, 0);
  return {
    deployment,
    profile,
    clients: cell.clients,
    devices: cell.devices,
    batch: cell.batch,
    ...(load !== undefined && { load }),
    startedAt: shares.map(({ startedAt }) => startedAt).sort()[0],
    warmUpSeconds: warmUpMs / 1000,
    measuredSeconds,
    counts: addCounts(shares.map(({ counts }) => counts)),
    answersPerSecond: measuredSeconds === 0 ? 0 : answers / measuredSeconds,
    fromDue: mergeDistributions(
      LATENCY,
      shares.map(({ fromDue }) => fromDue),
    ),
    fromSent: mergeDistributions(
      LATENCY,
      shares.map(({ fromSent }) => fromSent),
    ),
    perClient: shares.flatMap(({ perClient }) => perClient).sort((a, b) => a.client - b.client),
    inFlight: mergeDistributions(
      COUNT,
      shares.map(({ inFlight }) => inFlight),
    ),
    seconds: mergeSeconds(shares.map(({ seconds }) => seconds)),
    driver: {
      processes: shares.length,
      lateness: mergeDistributions(
        LATENCY,
        shares.map(({ lateness }) => lateness),
      ),
      cpuShare: Math.max(...shares.map(({ cpuShare }) => cpuShare)),
    },
    resources: [...resources],
    invalid: [...invalid],
  };
}
