import { ConfigurationError } from '../../contracts/program/problem';

export interface LoadingLimit<T> {
  /** File or directory that is loaded, for the message. */
  readonly source: string;
  /** Longest that loading may take. Default: no limit. */
  readonly limitMs?: number;
  /** Aborted when the result is no longer wanted. */
  readonly signal?: AbortSignal;
  /** Gives back a result that came too late. */
  readonly discard: (late: T) => Promise<void>;
}

/**
 * Waits for something to load, until the limit or the signal. Loading cannot be interrupted where the engine is in it: what
 * comes afterwards is discarded.
 * @throws ConfigurationError when the time is over; the reason of the signal
 */
export async function loadWithin<T>(
  loading: Promise<T>,
  { source, limitMs = Infinity, signal, discard }: LoadingLimit<T>,
): Promise<T> {
  let isLate = false;
  let timer: NodeJS.Timeout | undefined;
  let onAbort: () => void = () => undefined;
  const given = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(signal?.reason as Error);
    signal?.addEventListener('abort', onAbort);
    if (limitMs === Infinity) return;
    const message = `loading did not end within ${limitMs / 1000} s (--load-timeout): the model or a component may never end`;
    timer = setTimeout(() => reject(new ConfigurationError(source, [{ path: '', message }])), limitMs);
  });
  void loading.then((late) => (isLate ? discard(late) : undefined)).catch(() => undefined);
  try {
    signal?.throwIfAborted();
    return await Promise.race([loading, given]);
  } catch (error) {
    isLate = true;
    throw error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}
