/** One window of the recording and how sure the model is that it shows a fall. */
export interface Judgement {
  /** Index of the window's first observation. */
  readonly window: number;
  readonly confidence: number;
}

/** Windows in a row that look like a fall: one fall is in several of them. */
export interface FallBurst {
  readonly first: number;
  readonly last: number;
  readonly windows: number;
  readonly confidence: number;
}

/**
 * Groups the windows that look like a fall; windows that overlap belong together.
 * @param threshold confidence above which a window looks like one
 * @param overlap observations in a window
 */
export function findFallBursts(
  judgements: readonly Judgement[],
  threshold: number,
  overlap: number,
): FallBurst[] {
  const bursts: FallBurst[] = [];
  for (const { window, confidence } of judgements.filter((judgement) => judgement.confidence > threshold)) {
    const current = bursts.at(-1);
    if (current === undefined || window - current.last >= overlap) {
      bursts.push({ first: window, last: window, windows: 1, confidence });
    } else {
      bursts[bursts.length - 1] = {
        first: current.first,
        last: window,
        windows: current.windows + 1,
        confidence: Math.max(current.confidence, confidence),
      };
    }
  }
  return bursts;
}
