import { type Measurement } from '../../../contracts/benchmark/run-results';
import { formatNumber } from './format';

/** Measurements of one load are the rows of one group of a table. */
type Load = Pick<Measurement, 'profile' | 'clients' | 'devices' | 'batch' | 'load'>;

const PROFILES: readonly Measurement['profile'][] = [
  'fall-detection',
  'scratch-detection',
  'closed-loop',
  'steps',
  'burst',
  'custom',
];

export function loadKey({ profile, clients, devices, batch, load }: Load): string {
  return [profile, clients, devices ?? '-', batch ?? '-', load ?? '-'].join('/');
}

/** `16 clients × 160 devices`, `1 client, 4 images a request`, `1 client, 256 in flight each`. */
export function describeLoad({ clients, devices, batch, load }: Load): string {
  const whole =
    devices === null ? count(clients, 'client') : `${count(clients, 'client')} × ${count(devices, 'device')}`;
  const parts = [whole, batch === null ? undefined : `${count(batch, 'image')} a request`, load];
  return parts.filter((part) => part !== undefined).join(', ');
}

/** From small to large, profile by profile. */
export function compareLoads(a: Load, b: Load): number {
  return (
    PROFILES.indexOf(a.profile) - PROFILES.indexOf(b.profile) ||
    a.clients - b.clients ||
    (a.devices ?? 0) - (b.devices ?? 0) ||
    (a.batch ?? 0) - (b.batch ?? 0) ||
    (a.load ?? '').localeCompare(b.load ?? '', 'en', { numeric: true })
  );
}

/** Measurements by load, loads from small to large, the measurements of one in the order of the run. */
export function groupByLoad(measurements: readonly Measurement[]): readonly (readonly Measurement[])[] {
  const groups = new Map<string, Measurement[]>();
  for (const measurement of measurements) {
    const key = loadKey(measurement);
    groups.set(key, [...(groups.get(key) ?? []), measurement]);
  }
  return [...groups.values()].sort(([a], [b]) => compareLoads(a, b));
}

export function deploymentsOf(measurements: readonly Measurement[]): readonly string[] {
  return [...new Set(measurements.map(({ deployment }) => deployment))];
}

export function isValid({ invalid }: Measurement): boolean {
  return invalid.length === 0;
}

export function dueEachSecond({ counts, measuredSeconds }: Measurement): number {
  return measuredSeconds > 0 ? counts.due / measuredSeconds : 0;
}

function count(number: number, noun: string): string {
  return `${formatNumber(number).replace(/\.0+$/, '')} ${noun}${number === 1 ? '' : 's'}`;
}
