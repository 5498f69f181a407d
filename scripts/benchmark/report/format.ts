import { type Machine } from '../../../contracts/benchmark/run-results';

/** A number with three significant digits and thousands apart: `0.0123`, `3.62`, `39.3`, `462`, `1,240`, `12,400`. */
export function formatNumber(value: number): string {
  if (value === 0) return '0';
  const magnitude = Math.floor(Math.log10(Math.abs(value)));
  const digits = Math.min(6, Math.max(0, 2 - magnitude));
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** `12%`; three digits below 1%. */
export function formatPercent(share: number): string {
  const percent = share * 100;
  if (percent === 0) return '0%';
  return Math.abs(percent) < 1 ? `${formatNumber(percent)}%` : `${Math.round(percent)}%`;
}

/** Bytes with a decimal unit. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${formatNumber(bytes / 1000 ** power)} ${units[power]}`;
}

/** `2 cores of …, 8.3 GB, Linux …, Node v20.20.2`. */
export function describeMachine({ cpu, cores, memoryBytes, system, node }: Machine): string {
  return `${cores} ${cores === 1 ? 'core' : 'cores'} of ${cpu}, ${formatBytes(memoryBytes)}, ${system}, Node ${node}`;
}
