import { type Schedule } from '../schedule/schedule';
import { type Lane } from './lane';
import { Metronome } from './metronome';
import { type Pacer } from './pacer';

/** Each client sends when its schedule says so, whether or not answers come: a slow server does not slow the load down. */
export class OpenLoop implements Pacer {
  private readonly metronome = new Metronome(() => this.tick());
  private startMs = Infinity;
  private untilMs = -Infinity;

  constructor(private readonly clients: readonly { readonly lane: Lane; readonly schedule: Schedule }[]) {}

  start(startMs: number, untilMs: number): void {
    this.startMs = startMs;
    this.untilMs = untilMs;
    this.tick();
  }

  answered(): void {
    // Answers change nothing.
  }

  reopened(): void {
    // The schedule has gone on.
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
    for (const { lane, schedule } of this.clients) {
      let dueMs = this.startMs + schedule.nextDueMs;
      let nowMs = performance.now();
      while (dueMs <= nowMs && dueMs < this.untilMs) {
        lane.send(schedule.take(), dueMs, nowMs, true);
        dueMs = this.startMs + schedule.nextDueMs;
        nowMs = performance.now();
      }
      lane.flush();
      if (dueMs < this.untilMs) nextMs = Math.min(nextMs, dueMs);
    }
    if (nextMs < Infinity) this.metronome.wakeAt(nextMs);
  }
}
