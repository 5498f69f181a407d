import { createTraceState, isSpanContextValid, type SpanContext } from '@opentelemetry/api';

/** Version, trace id, span id, flags; a later version may say more behind them. */
const TRACE_PARENT = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/;
const LONGEST_TRACE_STATE = 512;

/**
 * The caller's span, as `traceparent` and `tracestate` name it; `undefined` without one, or for one that is not well-formed.
 * @see https://www.w3.org/TR/trace-context/
 */
export function parseTraceParent(
  traceParent: string | undefined,
  traceState: string | undefined,
): SpanContext | undefined {
  const match = TRACE_PARENT.exec(traceParent ?? '');
  if (match === null) return undefined;
  const [, traceId, spanId, flags] = match;
  const context: SpanContext = {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16) & 1,
    isRemote: true,
    ...(traceState !== undefined &&
      traceState.length <= LONGEST_TRACE_STATE && { traceState: createTraceState(traceState) }),
  };
  return isSpanContextValid(context) ? context : undefined;
}
