import { loadNote } from '../../../../contracts/benchmark/cell';
import {
  type Distribution,
  type Measurement,
  type ResourceUse,
} from '../../../../contracts/benchmark/run-results';
import { type LoadJob } from '../load/load-driver';
import { type LoadShare, type SecondShare } from './load-record';
import { COARSE_LATENCY, COUNT, LATENCY, mergeDistributions } from './recorder';

/** The measurement out of the shares of its driver processes. */
export function toMeasurement(
  { profile, deployment, cell, warmUpMs }: LoadJob,
  shares: readonly LoadShare[],
  resources: readonly ResourceUse[],
  invalid: readonly string[],
): Measurement {
  const load = loadNote(cell.load);
  const measuredSeconds = Math.max(...shares.map((share) => share.measuredSeconds));
  const answers = sumOf(shares, ({ answersInTime }) => answersInTime);
  const merged = (of: (share: LoadShare) => Distribution, kind = LATENCY): Distribution =>
    mergeDistributions(kind, shares.map(of));
  return {
    ...{ deployment, profile, clients: cell.clients, devices: cell.devices, batch: cell.batch },
    ...(load !== undefined && { load }),
    startedAt: shares.map(({ startedAt }) => startedAt).sort()[0],
    warmUpSeconds: warmUpMs / 1000,
    measuredSeconds,
    counts: addCounts(shares.map(({ counts }) => counts)),
    answersPerSecond: measuredSeconds === 0 ? 0 : answers / measuredSeconds,
    fromDue: merged(({ fromDue }) => fromDue),
    fromSent: merged(({ fromSent }) => fromSent),
    perClient: shares.flatMap(({ perClient }) => perClient).sort((a, b) => a.client - b.client),
    inFlight: merged(({ inFlight }) => inFlight, COUNT),
    seconds: mergeSeconds(shares.map(({ seconds }) => seconds)),
    driver: {
      processes: shares.length,
      lateness: merged(({ lateness }) => lateness),
      cpuShare: Math.max(...shares.map(({ cpuShare }) => cpuShare)),
    },
    resources: [...resources],
    invalid: [...invalid],
  };
}

function addCounts(parts: readonly Measurement['counts'][]): Measurement['counts'] {
  const byCode: Record<string, number> = {};
  for (const [code, count] of parts.flatMap((part) => Object.entries(part.byCode)))
    byCode[code] = (byCode[code] ?? 0) + count;
  const sum = (key: 'due' | 'sent' | 'answered' | 'failed' | 'lost'): number =>
    sumOf(parts, (part) => part[key]);
  const [due, sent, answered, failed, lost] = [
    sum('due'),
    sum('sent'),
    sum('answered'),
    sum('failed'),
    sum('lost'),
  ];
  return { due, sent, answered, failed, lost, byCode };
}

function mergeSeconds(parts: readonly (readonly SecondShare[])[]): Measurement['seconds'] {
  const length = Math.max(0, ...parts.map((seconds) => seconds.length));
  return Array.from({ length }, (_, at) => {
    const same = parts.flatMap((seconds) => seconds[at] ?? []);
    const latencies = same.map(({ fromDue }) => fromDue);
    const times = mergeDistributions(COARSE_LATENCY, latencies);
    return {
      ...{ at, sent: sumOf(same, ({ sent }) => sent) },
      answered: sumOf(same, ({ answered }) => answered),
      failed: sumOf(same, ({ failed }) => failed),
      medianMs: times.count === 0 ? null : times.median,
      p99Ms: times.count === 0 ? null : times.p99,
    };
  });
}

function sumOf<T>(parts: readonly T[], count: (part: T) => number): number {
  return parts.reduce((total, part) => total + count(part), 0);
}
