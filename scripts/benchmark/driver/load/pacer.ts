import { type LoadClient } from './load-client';
import { type LoadJob } from './load-driver';
import { Metronome } from './metronome';
import { type Schedule, createSchedule } from './schedule';

export interface Pacer {
  /** Sends between these times of `performance.now`. */
  start(startMs: number, untilMs: number): void;
  /** `count` requests of a client have been answered. */
  answered?(client: LoadClient, count: number): void;
  /** A client's stream had ended with its requests and is open again. */
  reopened?(client: LoadClient): void;
  /** The time is over: sends what was due in it and is still unsent, as the driver was late. */
  complete?(): void;
  /** Nothing is sent afterwards. */
  stop(): Promise<void>;
}

/** @param clients those of this process */
export function createPacer(job: LoadJob, requests: number, clients: readonly LoadClient[]): Pacer {
  const { warmUpMs, seed, cell } = job;
  const { load } = cell;
  if (load.kind === 'closed') return new ClosedLoop(clients, load.inFlight, requests);
  const place = { clients: cell.clients, warmUpMs, requests, seed };
  return new OpenLoop(
    clients.map((client) => ({ client, schedule: createSchedule(load, { ...place, client: client.index }) })),
  );
}

/** Each client keeps a number of requests in flight: an answer makes the next one due. */
class ClosedLoop implements Pacer {
  private untilMs = 0;
  private next = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly clients: readonly LoadClient[],
    private readonly inFlight: number,
    private readonly requests: number,
  ) {}

  start(startMs: number, untilMs: number): void {
    this.timer = setTimeout(() => {
      this.untilMs = untilMs;
      for (const client of this.clients) this.send(client, this.inFlight);
    }, startMs - performance.now());
  }

  answered(client: LoadClient, count: number): void {
    this.send(client, count);
  }

  reopened(client: LoadClient): void {
    this.send(client, this.inFlight);
  }

  stop(): Promise<void> {
    clearTimeout(this.timer);
    this.untilMs = 0;
    return Promise.resolve();
  }

  private send(client: LoadClient, count: number): void {
    const nowMs = performance.now();
    if (nowMs >= this.untilMs) return;
    for (let sent = 0; sent < count; sent++) {
      client.send(this.next, nowMs, nowMs, false);
      this.next = (this.next + 1) % this.requests;
    }
    client.flush();
  }
}

/** Each client follows its schedule, whether or not answers come: a slow server does not slow the load down. */
class OpenLoop implements Pacer {
  private readonly metronome = new Metronome(() => this.tick());
  private startMs = Infinity;
  private untilMs = -Infinity;

  constructor(
    private readonly clients: readonly { readonly client: LoadClient; readonly schedule: Schedule }[],
  ) {}

  start(startMs: number, untilMs: number): void {
    this.startMs = startMs;
    this.untilMs = untilMs;
    this.tick();
  }

  complete(): void {
    this.tick();
  }

  stop(): Promise<void> {
    this.untilMs = -Infinity;
    return this.metronome.stop();
  }

  private tick(): void {
    let nextMs = Infinity;
    for (const { client, schedule } of this.clients) {
      let dueMs = this.startMs + schedule.nextDueMs;
      let nowMs = performance.now();
      while (dueMs <= nowMs && dueMs < this.untilMs) {
        client.send(schedule.take(), dueMs, nowMs, true);
        dueMs = this.startMs + schedule.nextDueMs;
        nowMs = performance.now();
      }
      client.flush();
      if (dueMs < this.untilMs) nextMs = Math.min(nextMs, dueMs);
    }
    if (nextMs < Infinity) this.metronome.wakeAt(nextMs);
  }
}
