import { type Distribution, type Measurement } from '../../../contracts/benchmark/run-results';
import { COARSE_LATENCY, mergeDistributions, Recorder } from './recorder';

/** One second of a measurement, with its latencies in full, so that those of several processes can be merged. */
export interface SecondShare {
  readonly sent: number;
  readonly answered: number;
  readonly failed: number;
  readonly fromDue: Distribution;
}

/** What is counted of the requests that were due in one second. */
export class SecondRecord {
  sent = 0;
  answered = 0;
  failed = 0;
  readonly fromDue = new Recorder(COARSE_LATENCY);

  toShare(): SecondShare {
    const { sent, answered, failed } = this;
    return { sent, answered, failed, fromDue: this.fromDue.toDistribution() };
  }
}

/** The seconds of a measurement out of those of its processes. */
export function mergeSeconds(parts: readonly (readonly SecondShare[])[]): Measurement['seconds'] {
  const length = Math.max(0, ...parts.map((seconds) => seconds.length));
  return Array.from({ length }, (_, at) => {
    const same = parts.flatMap((seconds) => seconds[at] ?? []);
    const sum = (count: (share: SecondShare) => number): number =>
      same.reduce((total, share) => total + count(share), 0);
    const fromDue = mergeDistributions(
      COARSE_LATENCY,
      same.map((share) => share.fromDue),
    );
    return {
      at,
      sent: sum(({ sent }) => sent),
      answered: sum(({ answered }) => answered),
      failed: sum(({ failed }) => failed),
      medianMs: fromDue.count === 0 ? null : fromDue.median,
      p99Ms: fromDue.count === 0 ? null : fromDue.p99,
    };
  });
}
