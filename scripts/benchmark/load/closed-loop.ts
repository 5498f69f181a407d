import { type Lane } from './lane';
import { type Pacer } from './pacer';

/** Each client keeps a number of requests in flight: an answer makes the next one due. */
export class ClosedLoop implements Pacer {
  private untilMs = 0;
  private next = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly lanes: readonly Lane[],
    private readonly inFlight: number,
    private readonly requests: number,
  ) {}

  start(startMs: number, untilMs: number): void {
    this.timer = setTimeout(() => {
      this.untilMs = untilMs;
      for (const lane of this.lanes) this.send(lane, this.inFlight);
    }, startMs - performance.now());
  }

  answered(lane: Lane, count: number): void {
    this.send(lane, count);
  }

  reopened(lane: Lane): void {
    this.send(lane, this.inFlight);
  }

  complete(): void {
    // Without a schedule nothing is late.
  }

  stop(): Promise<void> {
    clearTimeout(this.timer);
    this.untilMs = 0;
    return Promise.resolve();
  }

  private send(lane: Lane, count: number): void {
    const nowMs = performance.now();
    if (nowMs >= this.untilMs) return;
    for (let sent = 0; sent < count; sent++) {
      lane.send(this.next, nowMs, nowMs, false);
      this.next = (this.next + 1) % this.requests;
    }
    lane.flush();
  }
}
