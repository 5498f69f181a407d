import { InferenceError } from '../errors';
import { FairQueue } from '../scheduling/fair-queue';
import { PriorityOrder } from '../scheduling/priority';
import { AbortWatches } from './abort-watch';
import { type Clock } from '../scheduling/clock';
import { type PendingRequest } from './pending-request';

/**
 * Requests that wait for a run. Streams take turns in it, and those of high priority go first; what one stream sent keeps
 * its order. Requests whose deadline passes or whose caller gives up leave it at once and are answered so.
 */
export class RequestQueue {
  /** Requests that wait. */
  length = 0;
  /** What they take of batches. */
  weight = 0;
  private readonly high = new FairQueue<PendingRequest>();
  private readonly normal = new FairQueue<PendingRequest>();
  private readonly turns = new PriorityOrder();
  private readonly aborts = new AbortWatches((signal) => this.cancel(signal));
  private nextDeadlineMs = Infinity;
  private disarm: (() => void) | undefined;

  constructor(private readonly clock: Clock) {}

  /** The one that came first; it takes a look at each, and is asked for only while they are fewer than a batch. */
  get oldest(): PendingRequest | undefined {
    let oldest: PendingRequest | undefined;
    for (const line of [this.high, this.normal]) {
      for (let request = line.first; request !== undefined; request = request.next) {
        if (oldest === undefined || request.arrivedMs < oldest.arrivedMs) oldest = request;
      }
    }
    return oldest;
  }

  push(request: PendingRequest): void {
    const { options } = request;
    this.lineOf(request).insert(request, options?.turn, request.weight);
    request.queued = true;
    this.length++;
    this.weight += request.weight;
    if (options === undefined) return;
    if (options.signal !== undefined) request.watch = this.aborts.enter(options.signal);
    if (options.deadlineMs !== undefined && options.deadlineMs < this.nextDeadlineMs)
      this.arm(options.deadlineMs);
  }

  /**
   * Takes the request whose turn it is and those after it that have its form, in order, while they weigh at most `limit`
   * together; the first is taken even if it weighs more.
   */
  take(limit: number): PendingRequest[] {
    const highFirst = this.turns.takeHigh(this.high.first !== undefined, this.normal.first !== undefined);
    const lines = highFirst ? [this.high, this.normal] : [this.normal, this.high];
    const first = lines[0].first;
    if (first === undefined) return [];
    const taken: PendingRequest[] = [];
    let weight = 0;
    for (const line of lines) {
      let candidate = line.first;
      while (candidate !== undefined && weight < limit) {
        const next: PendingRequest | undefined = candidate.next;
        if (candidate.form === first.form) {
          weight += candidate.weight;
          // The first that does not fit stays in front of its kind: a smaller one does not overtake it.
          if (weight > limit && candidate !== first) return taken;
          line.serve(candidate);
          this.left(candidate);
          taken.push(candidate);
        }
        candidate = next;
      }
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
    const reason = signal.reason instanceof InferenceError ? signal.reason : undefined;
    this.rejectWhere(
      (request) => request.options?.signal === signal,
      () => reason ?? cancelled(),
    );
  }

  private rejectWhere(matches: (request: PendingRequest) => boolean, error: () => InferenceError): void {
    for (const line of [this.high, this.normal]) {
      let request = line.first;
      while (request !== undefined) {
        const next: PendingRequest | undefined = request.next;
        if (matches(request)) {
          line.remove(request);
          this.left(request);
          request.reject(error());
        }
        request = next;
      }
    }
  }

  /** After a request has been taken out of its line. */
  private left(request: PendingRequest): void {
    request.queued = false;
    this.length--;
    this.weight -= request.weight;
    if (request.watch !== undefined) this.aborts.leave(request.watch);
  }

  private lineOf({ options }: PendingRequest): FairQueue<PendingRequest> {
    return options?.priority === 'high' ? this.high : this.normal;
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
