export interface AdmissionLimits {
  /** Most messages between arrival and answer. */
  readonly maxRequests: number;
  /** Most bytes of such messages. One message larger than this is let in when it is alone. */
  readonly maxBytes: number;
}

/**
 * The door of one pipeline: counts what is in flight, and while that is at its limit has streams stop reading, so that
 * HTTP/2 flow control holds their clients back. Streams that wait are let on in the order in which they came.
 */
export class AdmissionGate {
  private requests = 0;
  private bytes = 0;
  private readonly waiting = new Set<() => void>();

  constructor(private limits: AdmissionLimits) {}

  get isOpen(): boolean {
    return this.requests < this.limits.maxRequests && this.bytes < this.limits.maxBytes;
  }

  /** Changes the limits; what is in flight stays. */
  limit(limits: AdmissionLimits): void {
    this.limits = limits;
  }

  /** Counts a message that has arrived. Its stream asks `isOpen` before it reads the next one. */
  admit(bytes: number): void {
    this.requests += 1;
    this.bytes += bytes;
  }

  /** Gives back what one message took, once it is answered or its stream is gone. */
  release(bytes: number): void {
    this.requests -= 1;
    this.bytes -= bytes;
    for (const resume of this.waiting) {
      if (!this.isOpen) return;
      this.waiting.delete(resume);
      resume();
    }
  }

  /** Calls `resume` once there is room. The same function waits only once. */
  whenOpen(resume: () => void): void {
    this.waiting.add(resume);
  }

  /** Takes a stream that has ended out of the line. */
  forget(resume: () => void): void {
    this.waiting.delete(resume);
  }
}
