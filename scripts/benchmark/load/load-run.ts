import { type StreamEnd } from '../connection/connection';
import { createConnection } from '../connection/create-connection';
import { openConnection, probeServer } from '../connection/probe-server';
import { LoadRecord, type LoadShare } from '../measure/load-record';
import { type RequestSet } from '../requests/request-set';
import { CpuMeter } from './cpu-meter';
import { Lane, type LaneListener } from './lane';
import { type LoadCounts, type LoadJob } from './load-job';
import { createPacer } from './create-pacer';
import { type Pacer } from './pacer';

const LEAST_PROBE_MS = 1_000;
const FINISH_MS = 1_000;
/** After a stop, answers to what is in flight are waited for no longer than this. */
const STOP_DRAIN_MS = 1_000;

/** One process's part of one measurement, from its connections to what it has measured. */
export class LoadRun implements LaneListener {
  private readonly lanes: Lane[] = [];
  private record: LoadRecord | undefined;
  private pacer: Pacer | undefined;
  private endedEarly: string | undefined;
  private isOver = false;
  private wakeEnd: () => void = () => undefined;
  private draining = false;
  private wakeDrain: () => void = () => undefined;
  /** Answers of each lane since it was last opened. */
  private readonly answersSinceOpen = new Map<Lane, number>();

  constructor(
    private readonly job: LoadJob,
    private readonly requests: RequestSet,
  ) {}

  /** @throws UnusableServerError when the server is not there or does not answer. */
  async open(): Promise<void> {
    const { job } = this;
    if (job.process === 0) {
      await probeServer(job, this.requests, Math.max(LEAST_PROBE_MS, job.drainMs));
    }
    for (let client = job.process; client < job.cell.clients; client += job.processes) {
      this.lanes.push(new Lane(client, this));
    }
    try {
      await Promise.all(this.lanes.map((lane) => this.openLane(lane)));
    } catch (error) {
      this.destroy();
      throw error;
    }
  }

  get counts(): LoadCounts {
    const { record } = this;
    if (record === undefined) return { sent: 0, answered: 0, failed: 0, inFlight: 0 };
    return { ...record.total, inFlight: this.lanes.reduce((sum, lane) => sum + lane.inFlight, 0) };
  }

  /**
   * Drives the load from `startMs` (of `performance.now`) on, through warm-up, measuring and waiting for the last answers.
   * What is measured until it is stopped, or the server is gone, is kept.
   */
  async drive(startMs: number): Promise<LoadShare> {
    const { warmUpMs, measureMs, drainMs } = this.job;
    const fromMs = startMs + warmUpMs;
    const untilMs = fromMs + measureMs;
    const record = new LoadRecord(fromMs, untilMs);
    this.record = record;
    for (const lane of this.lanes) lane.writeTo(record);
    const cpu = new CpuMeter(fromMs, untilMs);
    const startedAt = new Date(Date.now() + fromMs - performance.now());
    const pacer = createPacer(this.job, this.requests.frames.length, this.lanes);
    this.pacer = pacer;
    if (this.endedEarly === undefined) {
      const end = new Promise<void>((resolve) => (this.wakeEnd = resolve));
      pacer.start(startMs, untilMs);
      // A timer may end within the millisecond before its time.
      const timer = setTimeout(this.wakeEnd, untilMs - performance.now() + 1);
      await end;
      clearTimeout(timer);
    }
    const cpuShare = cpu.stop();
    if (this.endedEarly === undefined) pacer.complete();
    await pacer.stop();
    if (this.endedEarly !== undefined) record.endAt(performance.now());
    await this.drain(this.endedEarly === undefined ? drainMs : Math.min(drainMs, STOP_DRAIN_MS));
    const share = record.toShare(cpuShare, startedAt, this.endedEarly);
    this.isOver = true;
    await Promise.all(this.lanes.map((lane) => lane.finish(FINISH_MS)));
    return share;
  }

  /** Ends the load now. */
  stop(reason: string): void {
    this.endedEarly ??= reason;
    this.wakeEnd();
    this.wakeDrain();
  }

  destroy(): void {
    this.isOver = true;
    for (const lane of this.lanes) lane.destroy();
  }

  answered(lane: Lane, count: number): void {
    this.answersSinceOpen.set(lane, (this.answersSinceOpen.get(lane) ?? 0) + count);
    this.pacer?.answered(lane, count);
    if (this.draining && this.isIdle()) this.wakeDrain();
  }

  ended(lane: Lane, end: StreamEnd): void {
    const answers = this.answersSinceOpen.get(lane) ?? 0;
    if (end.status === undefined || answers === 0) {
      this.stop(`${this.job.target.address} went away from client ${lane.index}: ${end.message}`);
      return;
    }
    // The server is there, and has ended one stream with an error: the client comes back, as clients do.
    this.openLane(lane).then(
      () => this.pacer?.reopened(lane),
      (error: Error) => this.stop(error.message),
    );
  }

  private async openLane(lane: Lane): Promise<void> {
    this.answersSinceOpen.set(lane, 0);
    const connection = createConnection(this.job, this.requests, lane);
    await openConnection(connection, this.job.target.address);
    // One that was opened again too late is of no use.
    if (this.isOver) connection.destroy();
    else lane.use(connection);
  }

  private isIdle(): boolean {
    return this.lanes.every((lane) => lane.inFlight === 0);
  }

  private async drain(timeoutMs: number): Promise<void> {
    if (this.isIdle() || timeoutMs === 0) return;
    let timer: NodeJS.Timeout | undefined;
    this.draining = true;
    await new Promise<void>((resolve) => {
      this.wakeDrain = resolve;
      timer = setTimeout(resolve, timeoutMs);
    });
    clearTimeout(timer);
  }
}
