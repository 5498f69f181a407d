import { type Distribution, type Measurement } from '../../../../contracts/benchmark/run-results';
import { type RequestFailure } from '../connection/connection';
import { COARSE_LATENCY, COUNT, LATENCY, Recorder } from './recorder';

/** Measured by one driver process; plain data, since it travels between processes. */
export interface LoadShare {
  readonly startedAt: string;
  readonly measuredSeconds: number;
  readonly counts: Measurement['counts'];
  /** Good answers that arrived while measuring, whenever their requests were due. */
  readonly answersInTime: number;
  readonly fromDue: Distribution;
  readonly fromSent: Distribution;
  readonly perClient: Measurement['perClient'];
  readonly inFlight: Distribution;
  readonly seconds: readonly SecondShare[];
  readonly lateness: Distribution;
  readonly cpuShare: number;
  /** Answers that carried the id of another request than the oldest. */
  readonly misplaced: number;
  /** Why the first failed request failed. */
  readonly failure?: RequestFailure;
  /** Why the load ended before its time. */
  readonly endedEarly?: string;
}

/** One second of a measurement, with its latencies in full, so that those of several processes can be merged. */
export interface SecondShare {
  readonly sent: number;
  readonly answered: number;
  readonly failed: number;
  readonly fromDue: Distribution;
}

/** Counts of one client, or of the requests that were due in one second. */
export class Tally {
  sent = 0;
  answered = 0;
  failed = 0;
  readonly fromDue = new Recorder(COARSE_LATENCY);

  toShare(): SecondShare {
    const { sent, answered, failed } = this;
    return { sent, answered, failed, fromDue: this.fromDue.toDistribution() };
  }
}

/** Records the requests that are due while measuring; those of the warm-up are only counted. */
export class LoadRecord {
  readonly total = { sent: 0, answered: 0, failed: 0 };
  /** By index of the client among all clients of the run. */
  readonly clients = new Map<number, Tally>();
  private readonly measured = { due: 0, sent: 0, answered: 0, failed: 0 };
  private answersInTime = 0;
  private misplaced = 0;
  private failure: RequestFailure | undefined;
  private readonly byCode = new Map<string, number>();
  private readonly fromDue = new Recorder(LATENCY);
  private readonly fromSent = new Recorder(LATENCY);
  private readonly lateness = new Recorder(LATENCY);
  private readonly inFlightSamples = new Recorder(COUNT);
  private readonly seconds: Tally[] = [];

  /** @param untilMs where measuring ends; moved when it ends early */
  constructor(
    private readonly fromMs: number,
    private untilMs: number,
  ) {}

  get inFlight(): number {
    return this.total.sent - this.total.answered - this.total.failed;
  }

  endAt(ms: number): void {
    this.untilMs = Math.min(this.untilMs, ms);
  }

  /** A request is due, and goes to its connection. @param latenessMs null without a schedule */
  onDue(dueMs: number, latenessMs: number | null): void {
    if (!this.isMeasured(dueMs)) return;
    this.measured.due += 1;
    if (latenessMs !== null) this.lateness.record(latenessMs);
  }

  /** The sending of the next request has begun. */
  onSent(dueMs: number): void {
    this.total.sent += 1;
    if (!this.isMeasured(dueMs)) return;
    this.measured.sent += 1;
    this.second(dueMs).sent += 1;
    this.inFlightSamples.record(this.inFlight);
  }

  onAnswer(client: Tally, nowMs: number, dueMs: number, sentMs: number, isExpected: boolean): void {
    this.total.answered += 1;
    if (!isExpected) this.misplaced += 1;
    if (nowMs >= this.fromMs && nowMs < this.untilMs) this.answersInTime += 1;
    if (!this.isMeasured(dueMs)) return;
    this.measured.answered += 1;
    client.answered += 1;
    const fromDueMs = nowMs - dueMs;
    this.fromDue.record(fromDueMs);
    this.fromSent.record(nowMs - sentMs);
    client.fromDue.record(fromDueMs);
    const second = this.second(dueMs);
    second.answered += 1;
    second.fromDue.record(fromDueMs);
  }

  onFailure(client: Tally, dueMs: number, failure: RequestFailure): void {
    this.total.failed += 1;
    this.failure ??= failure;
    if (!this.isMeasured(dueMs)) return;
    this.measured.failed += 1;
    client.failed += 1;
    this.second(dueMs).failed += 1;
    this.byCode.set(failure.code, (this.byCode.get(failure.code) ?? 0) + 1);
  }

  toShare(cpuShare: number, startedAt: Date, endedEarly: string | undefined): LoadShare {
    const { measured, answersInTime, misplaced, failure } = this;
    const lost = measured.sent - measured.answered - measured.failed;
    return {
      startedAt: startedAt.toISOString(),
      measuredSeconds: Math.max(0, this.untilMs - this.fromMs) / 1000,
      counts: { ...measured, lost, byCode: Object.fromEntries(this.byCode) },
      answersInTime,
      fromDue: this.fromDue.toDistribution(),
      fromSent: this.fromSent.toDistribution(),
      perClient: [...this.clients].map(([client, tally]) => {
        const { answered, failed, fromDue } = tally.toShare();
        return { client, answered, failed, fromDue };
      }),
      inFlight: this.inFlightSamples.toDistribution(),
      seconds: Array.from(this.seconds, (second) => (second ?? new Tally()).toShare()),
      lateness: this.lateness.toDistribution(),
      cpuShare,
      misplaced,
      ...(failure && { failure }),
      ...(endedEarly !== undefined && { endedEarly }),
    };
  }

  private isMeasured(dueMs: number): boolean {
    return dueMs >= this.fromMs && dueMs < this.untilMs;
  }

  private second(dueMs: number): Tally {
    const at = Math.floor((dueMs - this.fromMs) / 1000);
    return (this.seconds[at] ??= new Tally());
  }
}
