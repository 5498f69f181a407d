import { readFileSync } from 'node:fs';

/** Linux counts CPU in hundredths of a second for every program. */
const MS_PER_TICK = 10;

/** CPU that the whole machine has used since its start, in milliseconds; time stolen by other virtual machines included. */
export function machineCpuMs(stat = readFileSync('/proc/stat', 'utf8')): number {
  const [user, nice, system, , , irq, softirq, steal] = stat
    .split('\n')[0]
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softirq + steal) * MS_PER_TICK;
}
