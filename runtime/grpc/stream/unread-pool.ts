/** What all streams together have sent and their clients have not taken, in bytes. */
export class UnreadPool {
  private held = 0;

  /**
   * @param maxBytes about the most that streams hold together
   * @param maxStreamBytes most that one of them holds
   */
  constructor(
    private readonly maxBytes: number,
    private readonly maxStreamBytes: number,
  ) {}

  get bytes(): number {
    return this.held;
  }

  /**
   * Most that one stream may hold now; it shrinks as the others hold more. A few slow clients get much each, many get
   * little, so that there is always room for a stream whose client reads.
   * @see Choudhury, Hahne: Dynamic queue length thresholds for shared-memory packet switches, 1998
   */
  get share(): number {
    return Math.min(this.maxStreamBytes, (this.maxBytes - this.held) / 4);
  }

  take(bytes: number): void {
    this.held += bytes;
  }

  give(bytes: number): void {
    this.held -= bytes;
  }
}
