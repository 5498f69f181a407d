import { InferenceError } from '../errors';
import { SYSTEM_CLOCK, type Clock } from '../scheduling/clock';
import { FairQueue, FairShare, type QueueItem } from '../scheduling/fair-queue';
import { PriorityOrder, type Priority } from '../scheduling/priority';

export interface AdmissionLimits {
  /** Most messages between admission and answer. */
  readonly maxRequests: number;
  /** Most bytes of such messages, and most bytes of those that wait. One larger message is let in when it is alone. */
  readonly maxBytes: number;
  /** Longest that a message waits to be let in; 0: not at all. */
  readonly maxWaitMs: number;
}

/** Is told how long messages waited that were let in then. */
export interface AdmissionObserver {
  waited(seconds: number, priority: Priority): void;
}

/** Messages up to this size take the same share of the gate; a larger one takes as many shares as it has such parts. */
const SHARE_BYTES = 16 * 1024;

/** One stream's place at the gate: at most one message of it waits, and while it does the stream is not read. */
export class GatePlace implements QueueItem<GatePlace> {
  previous: GatePlace | undefined;
  next: GatePlace | undefined;
  tag = 0;
  readonly turn = new FairShare();
  waiting = false;
  bytes = 0;
  sinceMs = 0;

  /**
   * @param onAdmitted called when the message that waited is let in
   * @param onRefused called when it will not be
   * @param onRoom called when the stream may be read, after `mayRead` said no
   */
  constructor(
    readonly priority: Priority,
    readonly onAdmitted: () => void,
    readonly onRefused: (error: InferenceError) => void,
    readonly onRoom: () => void,
  ) {}
}

/**
 * The door of one pipeline: counts what is in flight, and while that is at its limit has messages wait, one a stream, whose
 * stream is not read meanwhile: HTTP/2 flow control holds its client back. Streams take turns; `high` goes before `normal`.
 */
export class AdmissionGate {
  private requests = 0;
  private bytes = 0;
  private waitingBytes = 0;
  private readonly high = new FairQueue<GatePlace>();
  private readonly normal = new FairQueue<GatePlace>();
  private readonly turns = new PriorityOrder();
  /** Those that wait, in the order in which they came. */
  private readonly byAge = new Set<GatePlace>();
  /** Streams that are not even read: those that wait hold too many bytes. */
  private readonly unread = new Set<GatePlace>();
  private disarm: (() => void) | undefined;

  constructor(
    private limits: AdmissionLimits,
    private readonly observer: AdmissionObserver,
    private readonly clock: Clock = SYSTEM_CLOCK,
  ) {}

  /** Messages that wait to be let in. */
  waiting(priority: Priority): number {
    let count = 0;
    for (const place of this.byAge) if (place.priority === priority) count += 1;
    return count;
  }

  /** Changes the limits; what is in flight stays. */
  limit(limits: AdmissionLimits): void {
    this.limits = limits;
    this.disarm?.();
    this.disarm = undefined;
    this.letIn();
    this.expire();
  }

  /** Whether a stream may be read: there is room for its message, here or among those that wait. */
  mayRead(place: GatePlace): boolean {
    if (this.waitingBytes < this.limits.maxBytes) return true;
    this.unread.add(place);
    return false;
  }

  /**
   * A message has arrived: it is let in, and `release` must follow; or it waits, and `onAdmitted` or `onRefused` tells what
   * comes of it; or it is refused with this error.
   */
  arrive(place: GatePlace, bytes: number): 'admitted' | 'waiting' | InferenceError {
    const { maxRequests, maxBytes, maxWaitMs } = this.limits;
    if (this.byAge.size === 0 && this.isOpen) {
      this.requests += 1;
      this.bytes += bytes;
      return 'admitted';
    }
    if (maxWaitMs === 0) {
      const most = `${maxRequests} requests or ${maxBytes} bytes`;
      return new InferenceError('QUEUE_FULL', `the pipeline has its fill (${most}), and nothing may wait`);
    }
    if (this.waitingBytes > 0 && this.waitingBytes + bytes > maxBytes) {
      const found = `${this.waitingBytes} bytes of requests wait to be let in`;
      const message = `the pipeline has its fill: ${found}; with these ${bytes} it were more than ${maxBytes}`;
      return new InferenceError('QUEUE_FULL', message);
    }
    this.enqueue(place, bytes);
    return 'waiting';
  }

  /** Gives back what one message took, once it is answered or its stream is gone. */
  release(bytes: number): void {
    this.requests -= 1;
    this.bytes -= bytes;
    if (this.byAge.size > 0) this.letIn();
  }

  /** Takes a stream that has ended out of the line. */
  leave(place: GatePlace): void {
    this.unread.delete(place);
    if (place.waiting) this.dequeue(place, false);
  }

  private get isOpen(): boolean {
    return this.requests < this.limits.maxRequests && this.bytes < this.limits.maxBytes;
  }

  private enqueue(place: GatePlace, bytes: number): void {
    place.waiting = true;
    place.bytes = bytes;
    place.sinceMs = this.clock.now();
    this.waitingBytes += bytes;
    this.byAge.add(place);
    this.lineOf(place).insert(place, place.turn, Math.max(1, bytes / SHARE_BYTES));
    if (this.disarm === undefined) this.arm(this.limits.maxWaitMs);
  }

  private dequeue(place: GatePlace, served: boolean): void {
    place.waiting = false;
    this.waitingBytes -= place.bytes;
    this.byAge.delete(place);
    const line = this.lineOf(place);
    if (served) line.serve(place);
    else line.remove(place);
    if (this.byAge.size === 0) {
      this.disarm?.();
      this.disarm = undefined;
    }
    this.readMore();
  }

  private letIn(): void {
    while (this.byAge.size > 0 && this.isOpen) {
      const high = this.turns.takeHigh(this.high.first !== undefined, this.normal.first !== undefined);
      const place = (high ? this.high.first : this.normal.first)!;
      this.requests += 1;
      this.bytes += place.bytes;
      this.observer.waited((this.clock.now() - place.sinceMs) / 1000, place.priority);
      this.dequeue(place, true);
      place.onAdmitted();
    }
  }

  /** Has streams read again that were not for the bytes that wait. */
  private readMore(): void {
    for (const place of this.unread) {
      if (this.waitingBytes >= this.limits.maxBytes) return;
      this.unread.delete(place);
      place.onRoom();
    }
  }

  private arm(delayMs: number): void {
    this.disarm = this.clock.after(delayMs, () => {
      this.disarm = undefined;
      this.expire();
    });
  }

  /** Refuses those that have waited too long; the first that has not sets the time of the next look. */
  private expire(): void {
    const { maxWaitMs } = this.limits;
    for (const place of this.byAge) {
      const leftMs = place.sinceMs + maxWaitMs - this.clock.now();
      if (leftMs > 0) {
        // Whoever was refused may have sent another message, which has armed it for later.
        this.disarm?.();
        this.arm(Math.ceil(leftMs));
        return;
      }
      this.dequeue(place, false);
      const message = `the request waited to be let in for the ${maxWaitMs} ms that it may`;
      place.onRefused(new InferenceError('WAIT_EXCEEDED', message));
    }
  }

  private lineOf({ priority }: GatePlace): FairQueue<GatePlace> {
    return priority === 'high' ? this.high : this.normal;
  }
}
