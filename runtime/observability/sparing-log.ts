/** How often a line is written at most that many calls could cause, in milliseconds. */
const EVERY_MS = 10_000;

/** Writes the first of many like lines at once, and from then on one in ten seconds, with how many it stands for. */
export class SparingLog {
  private nextMs = 0;
  private unsaid = 0;

  /** @param write gets the fields of the line, with `unsaid`: how many like it were left out before */
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
