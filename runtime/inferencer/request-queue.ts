import { InferenceError } from '../errors';
import { AbortWatches } from './abort-watch';
import { type Clock } from './clock';
import { type PendingRequest } from './pending-request';

/**
 * Requests that wait for a run, oldest first. Those whose deadline passes or whose caller gives up leave it at once and
 * are answered so.
 */
export class RequestQueue {
  /** Requests that wait. */
  length = 0;
  /** What they take of batches. */
  weight = 0;
  private head: PendingRequest | undefined;
  private tail: PendingRequest | undefined;
  private readonly aborts = new AbortWatches((signal) => this.cancel(signal));
  private nextDeadlineMs = Infinity;
  private disarm: (() => void) | undefined;

  constructor(private readonly clock: Clock) {}

  get oldest(): PendingRequest | undefined {
    return this.head;
  }

  push(request: PendingRequest): void {
    request.previous = this.tail;
    if (this.tail === undefined) this.head = request;
    else this.tail.next = request;
    this.tail = request;
    request.queued = true;
    this.length++;
    this.weight += request.weight;
    const options = request.options;
    if (options === undefined) return;
    if (options.signal !== undefined) request.watch = this.aborts.enter(options.signal);
    if (options.deadlineMs !== undefined && options.deadlineMs < this.nextDeadlineMs)
      this.arm(options.deadlineMs);
  }

  /**
   * Takes the oldest request and those after it that have its form, in order, while they weigh at most `limit` together;
   * the oldest is taken even if it weighs more.
   */
  take(limit: number): PendingRequest[] {
    const first = this.head;
    if (first === undefined) return [];
    const taken = [first];
    let weight = first.weight;
    this.remove(first);
    let candidate: PendingRequest | undefined = this.head;
    while (candidate !== undefined && weight < limit) {
      const next: PendingRequest | undefined = candidate.next;
      if (candidate.form === first.form) {
        weight += candidate.weight;
        // The first that does not fit stays in front of its kind: a smaller one does not overtake it.
        if (weight > limit) break;
        this.remove(candidate);
        taken.push(candidate);
      }
      candidate = next;
    }
    return taken;
  }

  /** Rejects what has waited past its deadline, before a timer could. */
  expire(): void {
    const nowMs = this.clock.epoch();
    if (nowMs < this.nextDeadlineMs) return;
    this.disarm?.();
    this.nextDeadlineMs = Infinity;
    let earliestMs = Infinity;
    this.rejectWhere((request) => {
      const passed = request.deadlineMs <= nowMs;
      if (!passed && request.deadlineMs < earliestMs) earliestMs = request.deadlineMs;
      return passed;
    }, deadlinePassed);
    if (earliestMs !== Infinity) this.arm(earliestMs);
  }

  /** Rejects all that wait, and listens to nothing any more. */
  close(error: () => InferenceError): void {
    this.rejectWhere(() => true, error);
    this.disarm?.();
    this.aborts.close();
  }

  private cancel(signal: AbortSignal): void {
    this.rejectWhere((request) => request.options?.signal === signal, cancelled);
  }

  private rejectWhere(matches: (request: PendingRequest) => boolean, error: () => InferenceError): void {
    let request = this.head;
    while (request !== undefined) {
      const next: PendingRequest | undefined = request.next;
      if (matches(request)) {
        this.remove(request);
        request.reject(error());
      }
      request = next;
    }
  }

  private remove(request: PendingRequest): void {
    const { previous, next, watch } = request;
    if (previous === undefined) this.head = next;
    else previous.next = next;
    if (next === undefined) this.tail = previous;
    else next.previous = previous;
    request.previous = undefined;
    request.next = undefined;
    request.queued = false;
    this.length--;
    this.weight -= request.weight;
    if (watch !== undefined) this.aborts.leave(watch);
  }

  private arm(deadlineMs: number): void {
    this.disarm?.();
    this.nextDeadlineMs = deadlineMs;
    this.disarm = this.clock.after(Math.max(0, deadlineMs - this.clock.epoch()), () => this.onTimer());
  }

  private onTimer(): void {
    // Timers fire up to a millisecond early, and a delay can be longer than a timer's longest.
    if (this.clock.epoch() < this.nextDeadlineMs) this.arm(this.nextDeadlineMs);
    else this.expire();
  }
}

export function deadlinePassed(): InferenceError {
  return new InferenceError(
    'DEADLINE_PASSED',
    "the call's deadline passed while the request waited for the model",
  );
}

export function cancelled(): InferenceError {
  return new InferenceError('CANCELLED', 'the caller gave up while the request waited for the model');
}
