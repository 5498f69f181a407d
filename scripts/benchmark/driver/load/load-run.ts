import { endsWithin } from '../../../../contracts/program/within';
import { type StreamEnd } from '../connection/connection';
import { createConnection, openConnection, probeServer } from '../connection/open-connection';
import { LoadRecord, type LoadShare } from '../measure/load-record';
import { type RequestSet } from '../requests/request-set';
import { LoadClient, type LoadClientListener } from './load-client';
import { type LoadCounts, type LoadJob, NO_COUNTS } from './load-driver';
import { type Pacer, createPacer } from './pacer';

const LEAST_PROBE_MS = 1_000;
const FINISH_MS = 1_000;
/** Longest wait for the last answers after a stop. */
const STOP_DRAIN_MS = 1_000;

export class LoadRun implements LoadClientListener {
  private readonly clients: LoadClient[] = [];
  private record: LoadRecord | undefined;
  private pacer: Pacer | undefined;
  private endedEarly: string | undefined;
  private isOver = false;
  private wakeEnd: () => void = () => undefined;
  private draining = false;
  private wakeDrain: () => void = () => undefined;
  /** Answers of each client since it was last opened. */
  private readonly answersSinceOpen = new Map<LoadClient, number>();

  constructor(
    private readonly job: LoadJob,
    private readonly requests: RequestSet,
  ) {}

  /** @throws Error when the server is not there or does not answer. */
  async open(): Promise<void> {
    const { job } = this;
    if (job.process === 0) {
      await probeServer(job, this.requests, Math.max(LEAST_PROBE_MS, job.drainMs));
    }
    for (let client = job.process; client < job.cell.clients; client += job.processes) {
      this.clients.push(new LoadClient(client, this));
    }
    try {
      await Promise.all(this.clients.map((client) => this.openClient(client)));
    } catch (error) {
      this.destroy();
      throw error;
    }
  }

  get counts(): LoadCounts {
    const { record } = this;
    if (record === undefined) return NO_COUNTS;
    return { ...record.total, inFlight: this.clients.reduce((sum, client) => sum + client.inFlight, 0) };
  }

  /**
   * Drives the load from `startMs` (of `performance.now`) on, through warm-up, measuring and waiting for the last answers.
   * When the load ends early, the share has what was measured until then.
   */
  async drive(startMs: number): Promise<LoadShare> {
    const { warmUpMs, measureMs, drainMs } = this.job;
    const fromMs = startMs + warmUpMs;
    const untilMs = fromMs + measureMs;
    const record = new LoadRecord(fromMs, untilMs);
    this.record = record;
    for (const client of this.clients) client.writeTo(record);
    const cpu = new CpuMeter(fromMs, untilMs);
    const startedAt = new Date(Date.now() + fromMs - performance.now());
    const pacer = createPacer(this.job, this.requests.frames.length, this.clients);
    this.pacer = pacer;
    if (this.endedEarly === undefined) {
      const end = new Promise<void>((resolve) => (this.wakeEnd = resolve));
      pacer.start(startMs, untilMs);
      // A timer may end within the millisecond before its time.
      await endsWithin(end, untilMs - performance.now() + 1);
    }
    const cpuShare = cpu.stop();
    if (this.endedEarly === undefined) pacer.complete?.();
    await pacer.stop();
    if (this.endedEarly !== undefined) record.endAt(performance.now());
    await this.drain(this.endedEarly === undefined ? drainMs : Math.min(drainMs, STOP_DRAIN_MS));
    const share = record.toShare(cpuShare, startedAt, this.endedEarly);
    this.isOver = true;
    await Promise.all(this.clients.map((client) => client.finish(FINISH_MS)));
    return share;
  }

  stop(reason: string): void {
    this.endedEarly ??= reason;
    this.wakeEnd();
    this.wakeDrain();
  }

  destroy(): void {
    this.isOver = true;
    for (const client of this.clients) client.destroy();
  }

  answered(client: LoadClient, count: number): void {
    this.answersSinceOpen.set(client, (this.answersSinceOpen.get(client) ?? 0) + count);
    this.pacer?.answered?.(client, count);
    if (this.draining && this.isIdle()) this.wakeDrain();
  }

  ended(client: LoadClient, end: StreamEnd): void {
    const answers = this.answersSinceOpen.get(client) ?? 0;
    if (end.status === undefined || answers === 0) {
      this.stop(`${this.job.target.address} went away from client ${client.index}: ${end.message}`);
      return;
    }
    // The server is there and has ended one stream with an error: the client reconnects.
    this.openClient(client).then(
      () => this.pacer?.reopened?.(client),
      (error: Error) => this.stop(error.message),
    );
  }

  private async openClient(client: LoadClient): Promise<void> {
    this.answersSinceOpen.set(client, 0);
    const connection = createConnection(this.job, this.requests, client);
    await openConnection(connection, this.job.target.address);
    if (this.isOver) connection.destroy();
    else client.use(connection);
  }

  private isIdle(): boolean {
    return this.clients.every((client) => client.inFlight === 0);
  }

  private async drain(timeoutMs: number): Promise<void> {
    if (this.isIdle() || timeoutMs === 0) return;
    this.draining = true;
    await endsWithin(new Promise<void>((resolve) => (this.wakeDrain = resolve)), timeoutMs);
  }
}

/** Measures the share of one core that this process uses between two times of `performance.now`. */
class CpuMeter {
  private start: { readonly ms: number; readonly usage: NodeJS.CpuUsage } | undefined;
  private share: number | undefined;
  private readonly timers: readonly NodeJS.Timeout[];

  constructor(fromMs: number, untilMs: number) {
    const begin = (): unknown => (this.start = { ms: performance.now(), usage: process.cpuUsage() });
    const nowMs = performance.now();
    this.timers = [setTimeout(begin, fromMs - nowMs), setTimeout(() => this.stop(), untilMs - nowMs)];
  }

  /** The share until now or the second time; 0 before the first. */
  stop(): number {
    for (const timer of this.timers) clearTimeout(timer);
    if (this.start === undefined) return 0;
    const { user, system } = process.cpuUsage(this.start.usage);
    return (this.share ??= (user + system) / 1000 / (performance.now() - this.start.ms));
  }
}
