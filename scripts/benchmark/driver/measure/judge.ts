import { type LoadShare } from './load-record';

/** Beyond these limits the driver was the bottleneck. */
export interface DriverLimits {
  /**
   * 99th percentile of how late requests were sent, in milliseconds; a tenth of the 99th percentile of latency where that
   * is more.
   */
  readonly lateness: number;
  /** Share of one core. */
  readonly cpuShare: number;
}

/** Lateness up to this share of the latency does not explain the latency. */
const HARMLESS = 0.1;

/** Why a measurement does not count; empty when it counts. */
export function judge(shares: readonly LoadShare[], limits: DriverLimits): string[] {
  const reasons = new Set<string>();
  for (const share of shares) {
    if (share.endedEarly !== undefined) {
      reasons.add(`ended after ${share.measuredSeconds.toFixed(1)} s of measuring: ${share.endedEarly}`);
    }
    if (share.cpuShare > limits.cpuShare) {
      const [used, limit] = [share.cpuShare, limits.cpuShare].map((part) => `${(part * 100).toFixed(0)} %`);
      reasons.add(`the driver was the bottleneck: it used ${used} of a core (limit ${limit})`);
    }
    const latest = Math.max(limits.lateness, HARMLESS * share.fromDue.p99);
    if (share.lateness.p99 > latest) {
      const [late, limit] = [share.lateness.p99, latest].map((ms) => `${Number(ms.toFixed(2))} ms`);
      reasons.add(
        `the driver was the bottleneck: it sent one request in a hundred ${late} late or later (limit ${limit})`,
      );
    }
    if (share.misplaced > 0) {
      reasons.add(`${share.misplaced} answers had the id of another request than the oldest`);
    }
  }
  const sum = (key: 'due' | 'sent' | 'answered' | 'failed'): number =>
    shares.reduce((total, { counts }) => total + counts[key], 0);
  const [due, sent, answered, failed] = [sum('due'), sum('sent'), sum('answered'), sum('failed')];
  if (due === 0) reasons.add('no request was due while measuring');
  else if (sent === 0) reasons.add('no request could be sent');
  else if (answered === 0 && failed === 0) reasons.add(`none of ${sent} requests was answered`);
  else if (answered === 0) {
    const failure = shares.find((share) => share.failure !== undefined)?.failure;
    reasons.add(`all ${failed} answers were errors; the first: ${failure?.code}: ${failure?.message}`);
  }
  return [...reasons];
}
