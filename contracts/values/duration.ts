const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/**
 * Milliseconds of `500ms`, `30s`, `1.5m`, `1h`.
 * @param otherwise what else is allowed, for the message
 * @throws RangeError with what is allowed.
 */
export function parseDurationMs(text: string, otherwise = ''): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  if (match === null)
    throw new RangeError(`must be a number with a unit (ms, s, m, h), e.g. 30s${otherwise}, got '${text}'`);
  return Number(match[1]) * UNIT_MS[match[2]];
}
