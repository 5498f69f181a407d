/** The unanswered requests of one connection, oldest first, in typed arrays: no allocation per request. */
export class FlightQueue {
  private due = new Float64Array(1024);
  private sent = new Float64Array(1024);
  private request = new Int32Array(1024);
  private head = 0;
  private left = 0;
  private tail = 0;

  get length(): number {
    return this.tail - this.head;
  }

  push(dueMs: number, request: number): void {
    if (this.length === this.due.length) this.grow();
    const at = this.tail++ & (this.due.length - 1);
    this.due[at] = dueMs;
    this.request[at] = request;
  }

  /** The next request begins to be sent; returns when it was due. */
  markSent(nowMs: number): number {
    const at = this.left++ & (this.due.length - 1);
    this.sent[at] = nowMs;
    return this.due[at];
  }

  get oldestDueMs(): number {
    return this.due[this.head & (this.due.length - 1)];
  }

  get oldestSentMs(): number {
    return this.sent[this.head & (this.due.length - 1)];
  }

  get isOldestSent(): boolean {
    return this.left > this.head;
  }

  get oldestRequest(): number {
    return this.request[this.head & (this.due.length - 1)];
  }

  shift(): void {
    this.head += 1;
    if (this.left < this.head) this.left = this.head;
  }

  private grow(): void {
    const from = this.due.length;
    const [due, sent, request] = [this.due, this.sent, this.request];
    this.due = new Float64Array(from * 2);
    this.sent = new Float64Array(from * 2);
    this.request = new Int32Array(from * 2);
    for (let at = this.head; at < this.tail; at++) {
      this.due[at & (from * 2 - 1)] = due[at & (from - 1)];
      this.sent[at & (from * 2 - 1)] = sent[at & (from - 1)];
      this.request[at & (from * 2 - 1)] = request[at & (from - 1)];
    }
  }
}
