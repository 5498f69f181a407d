const EVERY_MS = 10_000;

/** Limits similar log lines to one in ten seconds. */
export class SparingLog {
  private nextMs = 0;
  private unsaid = 0;

  /** @param write gets the fields of the line; `unsaid` is the number of lines suppressed before it */
  constructor(private readonly write: (fields: Record<string, unknown>) => void) {}

  say(fields: Record<string, unknown>): void {
    const nowMs = performance.now();
    if (nowMs < this.nextMs) {
      this.unsaid += 1;
      return;
    }
    this.nextMs = nowMs + EVERY_MS;
    this.write(this.unsaid === 0 ? fields : { ...fields, unsaid: this.unsaid });
    this.unsaid = 0;
  }
}
