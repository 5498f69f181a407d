import { InferenceError } from '../errors';
import { FairQueue, type FairShare, type QueueItem } from '../scheduling/fair-queue';

/** The request that takes memory. */
export interface MemoryHolder {
  /** The request's stream: streams take turns, by the bytes that they ask for. Default: first come, first served. */
  readonly memoryTurn?: FairShare;
  /** Removes the request from the queue; it fails with the signal's reason if that is an InferenceError. */
  readonly signal?: AbortSignal;
}

/** A request that waits for memory. */
class Claim implements QueueItem<Claim> {
  previous: Claim | undefined;
  next: Claim | undefined;
  tag = 0;

  constructor(
    readonly bytes: number,
    readonly grant: () => void,
  ) {}
}

/** Memory that requests hold beyond what they brought, such as decoded pictures. */
export class MemoryBudget {
  private held = 0;
  private readonly queue = new FairQueue<Claim>();

  /** @param maxBytes most that all requests hold together; one that needs more is let in when it is alone */
  constructor(private maxBytes: number) {}

  /** Changes the limit; what is held stays. */
  limit(maxBytes: number): void {
    this.maxBytes = maxBytes;
    this.grant();
  }

  /** For one request; its `release` must follow. */
  lease(holder: MemoryHolder = {}): MemoryLease {
    return new MemoryLease(this, holder);
  }

  /**
   * Resolves once there is room; streams take turns.
   * @throws InferenceError CANCELLED, DEADLINE_PASSED when the caller gives up before that
   */
  async take(bytes: number, { memoryTurn, signal }: MemoryHolder): Promise<void> {
    if (signal?.aborted === true) throw reasonOf(signal);
    if (this.queue.first === undefined && this.hasRoom(bytes)) {
      this.held += bytes;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const claim = new Claim(bytes, () => {
        signal?.removeEventListener('abort', giveUp);
        resolve();
      });
      const giveUp = (): void => {
        this.queue.remove(claim);
        reject(reasonOf(signal!));
        this.grant();
      };
      signal?.addEventListener('abort', giveUp, { once: true });
      this.queue.insert(claim, memoryTurn, Math.max(1, bytes));
    });
  }

  /** Takes them at once, beyond the limit where there is no room. */
  add(bytes: number): void {
    this.held += bytes;
  }

  give(bytes: number): void {
    this.held -= bytes;
    this.grant();
  }

  private grant(): void {
    for (
      let next = this.queue.first;
      next !== undefined && this.hasRoom(next.bytes);
      next = this.queue.first
    ) {
      this.queue.serve(next);
      this.held += next.bytes;
      next.grant();
    }
  }

  private hasRoom(bytes: number): boolean {
    return this.held === 0 || this.held + bytes <= this.maxBytes;
  }
}

/**
 * One request's part of a budget. Only its first reservation waits: requests that hold some and wait for more would wait for
 * each other.
 */
export class MemoryLease {
  private bytes = 0;

  constructor(
    private readonly budget: MemoryBudget,
    private readonly holder: MemoryHolder,
  ) {}

  readonly reserve = async (bytes: number): Promise<void> => {
    if (this.bytes > 0) this.budget.add(bytes);
    else await this.budget.take(bytes, this.holder);
    this.bytes += bytes;
  };

  release(): void {
    if (this.bytes > 0) this.budget.give(this.bytes);
    this.bytes = 0;
  }
}

function reasonOf({ reason }: AbortSignal): InferenceError {
  if (reason instanceof InferenceError) return reason;
  return new InferenceError('CANCELLED', 'the caller gave up while the request waited for memory');
}
