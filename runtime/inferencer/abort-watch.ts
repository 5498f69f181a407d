/** A signal that at least one queued request has, or had not long ago. */
export interface AbortWatch {
  readonly signal: AbortSignal;
  readonly listener: () => void;
  queued: number;
}

/** Signals without a queued request that are listened to all the same: their next request costs nothing then. */
const IDLE_WATCHES = 64;

/**
 * Tells when a signal of a queued request aborts. All requests of a stream have one signal, and a listener for each
 * of them would cost more than the request.
 */
export class AbortWatches {
  private readonly watches = new Map<AbortSignal, AbortWatch>();

  constructor(private readonly onAbort: (signal: AbortSignal) => void) {}

  /** A request of this signal waits. */
  enter(signal: AbortSignal): AbortWatch {
    let watch = this.watches.get(signal);
    if (watch === undefined) {
      watch = { signal, listener: () => this.abort(signal), queued: 0 };
      signal.addEventListener('abort', watch.listener);
      this.watches.set(signal, watch);
    }
    watch.queued++;
    return watch;
  }

  /** A request of this watch no longer waits. */
  leave(watch: AbortWatch): void {
    watch.queued--;
    if (watch.queued === 0 && this.watches.size > IDLE_WATCHES) this.forget(watch);
  }

  close(): void {
    for (const watch of this.watches.values()) this.forget(watch);
  }

  private abort(signal: AbortSignal): void {
    this.onAbort(signal);
    const watch = this.watches.get(signal);
    if (watch !== undefined) this.forget(watch);
  }

  private forget(watch: AbortWatch): void {
    watch.signal.removeEventListener('abort', watch.listener);
    this.watches.delete(watch.signal);
  }
}
