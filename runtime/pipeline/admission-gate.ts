import { InferenceError } from '../errors';
import { SYSTEM_CLOCK, type Clock } from '../scheduling/clock';
import { FairQueue, FairShare, type QueueItem } from '../scheduling/fair-queue';
import { PriorityOrder, type Priority } from '../scheduling/priority';

export interface AdmissionLimits {
  /** Most requests between admission and answer. */
  readonly maxRequests: number;
  /** Most bytes of these requests, and most bytes of those that wait. A larger one is admitted when it is alone. */
  readonly maxBytes: number;
  /** Longest wait of a request for admission; 0: none may wait. */
  readonly maxWaitMs: number;
}

/** Observes how long requests waited that were admitted after a wait. */
export interface AdmissionObserver {
  waited(seconds: number, priority: Priority): void;
}

/** Requests up to this size count the same when streams take turns; a larger one counts once for each such part. */
const SHARE_BYTES = 16 * 1024;

/** One stream's entry in the queue of the gate: at most one request of it waits, and the stream is not read meanwhile. */
export class GateEntry implements QueueItem<GateEntry> {
  previous: GateEntry | undefined;
  next: GateEntry | undefined;
  tag = 0;
  readonly turn = new FairShare();
  waiting = false;
  bytes = 0;
  sinceMs = 0;

  /**
   * @param onAdmitted called when the waiting request is admitted
   * @param onRefused called when it is refused
   * @param onRoom called when the stream may be read after `mayRead` returned false
   */
  constructor(
    readonly priority: Priority,
    readonly onAdmitted: () => void,
    readonly onRefused: (error: InferenceError) => void,
    readonly onRoom: () => void,
  ) {}
}

/**
 * Admission to one pipeline: counts the requests in flight, and at the limit lets one request of each stream wait. The stream
 * is not read meanwhile, so HTTP/2 flow control slows its client down. Streams take turns; `high` goes before `normal`.
 */
export class AdmissionGate {
  private requests = 0;
  private bytes = 0;
  private waitingBytes = 0;
  private readonly high = new FairQueue<GateEntry>();
  private readonly normal = new FairQueue<GateEntry>();
  private readonly turns = new PriorityOrder();
  /** Waiting entries in the order of their arrival. */
  private readonly byAge = new Set<GateEntry>();
  /** Streams that are not read because waiting requests hold too many bytes. */
  private readonly unread = new Set<GateEntry>();
  private disarm: (() => void) | undefined;

  constructor(
    private limits: AdmissionLimits,
    private readonly observer: AdmissionObserver,
    private readonly clock: Clock = SYSTEM_CLOCK,
  ) {}

  /** Requests that wait for admission. */
  waiting(priority: Priority): number {
    let count = 0;
    for (const entry of this.byAge) if (entry.priority === priority) count += 1;
    return count;
  }

  /** Changes the limits; requests in flight stay. */
  limit(limits: AdmissionLimits): void {
    this.limits = limits;
    this.disarm?.();
    this.disarm = undefined;
    this.letIn();
    this.expire();
  }

  /** Whether a stream may be read: its next request can be admitted or wait. */
  mayRead(entry: GateEntry): boolean {
    if (this.waitingBytes < this.limits.maxBytes) return true;
    this.unread.add(entry);
    return false;
  }

  /**
   * A request has arrived. Admitted: `release` must follow. Waiting: `onAdmitted` or `onRefused` follows. Otherwise it is
   * refused with this error.
   */
  arrive(entry: GateEntry, bytes: number): 'admitted' | 'waiting' | InferenceError {
    const { maxRequests, maxBytes, maxWaitMs } = this.limits;
    if (this.byAge.size === 0 && this.isOpen) {
      this.requests += 1;
      this.bytes += bytes;
      return 'admitted';
    }
    if (maxWaitMs === 0) {
      const most = `at most ${maxRequests} requests and ${maxBytes} bytes in flight`;
      return new InferenceError('QUEUE_FULL', `the pipeline is full (${most}), and waiting is off`);
    }
    if (this.waitingBytes > 0 && this.waitingBytes + bytes > maxBytes) {
      const found = `${this.waitingBytes} bytes of requests wait`;
      const message = `the pipeline is full: ${found}, and ${bytes} more exceed the limit of ${maxBytes}`;
      return new InferenceError('QUEUE_FULL', message);
    }
    this.enqueue(entry, bytes);
    return 'waiting';
  }

  /** Frees the room of one request, once it is answered or its stream is gone. */
  release(bytes: number): void {
    this.requests -= 1;
    this.bytes -= bytes;
    if (this.byAge.size > 0) this.letIn();
  }

  /** Removes a stream that has ended from the queue. */
  leave(entry: GateEntry): void {
    this.unread.delete(entry);
    if (entry.waiting) this.dequeue(entry, false);
  }

  private get isOpen(): boolean {
    return this.requests < this.limits.maxRequests && this.bytes < this.limits.maxBytes;
  }

  private enqueue(entry: GateEntry, bytes: number): void {
    entry.waiting = true;
    entry.bytes = bytes;
    entry.sinceMs = this.clock.now();
    this.waitingBytes += bytes;
    this.byAge.add(entry);
    this.queueOf(entry).insert(entry, entry.turn, Math.max(1, bytes / SHARE_BYTES));
    if (this.disarm === undefined) this.arm(this.limits.maxWaitMs);
  }

  private dequeue(entry: GateEntry, served: boolean): void {
    entry.waiting = false;
    this.waitingBytes -= entry.bytes;
    this.byAge.delete(entry);
    const queue = this.queueOf(entry);
    if (served) queue.serve(entry);
    else queue.remove(entry);
    if (this.byAge.size === 0) {
      this.disarm?.();
      this.disarm = undefined;
    }
    this.readMore();
  }

  private letIn(): void {
    while (this.byAge.size > 0 && this.isOpen) {
      const high = this.turns.takeHigh(this.high.first !== undefined, this.normal.first !== undefined);
      const entry = (high ? this.high.first : this.normal.first)!;
      this.requests += 1;
      this.bytes += entry.bytes;
      this.observer.waited((this.clock.now() - entry.sinceMs) / 1000, entry.priority);
      this.dequeue(entry, true);
      entry.onAdmitted();
    }
  }

  /** Resumes streams that were not read because of waiting bytes. */
  private readMore(): void {
    for (const entry of this.unread) {
      if (this.waitingBytes >= this.limits.maxBytes) return;
      this.unread.delete(entry);
      entry.onRoom();
    }
  }

  private arm(delayMs: number): void {
    this.disarm = this.clock.after(delayMs, () => {
      this.disarm = undefined;
      this.expire();
    });
  }

  /** Refuses requests that have waited too long; the oldest other one sets the next timeout. */
  private expire(): void {
    const { maxWaitMs } = this.limits;
    for (const entry of this.byAge) {
      const leftMs = entry.sinceMs + maxWaitMs - this.clock.now();
      if (leftMs > 0) {
        // A stream that was refused may have sent another request, which has set a later timeout.
        this.disarm?.();
        this.arm(Math.ceil(leftMs));
        return;
      }
      this.dequeue(entry, false);
      const message = `the pipeline was full for ${maxWaitMs} ms, the longest that a request may wait`;
      entry.onRefused(new InferenceError('WAIT_EXCEEDED', message));
    }
  }

  private queueOf({ priority }: GateEntry): FairQueue<GateEntry> {
    return priority === 'high' ? this.high : this.normal;
  }
}
