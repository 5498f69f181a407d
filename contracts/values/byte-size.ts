const UNIT_BYTES: Readonly<Record<string, number>> = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

/**
 * Bytes of `64MiB`, `1.5GiB`, `4096B`.
 * @throws RangeError with what is allowed.
 */
export function parseByteSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(B|KiB|MiB|GiB)$/.exec(text);
  if (match === null) {
    throw new RangeError(`must be a number with a unit (B, KiB, MiB, GiB), e.g. 64MiB, got '${text}'`);
  }
  return Math.floor(Number(match[1]) * UNIT_BYTES[match[2]]);
}

/** Whole MiB of `bytes`, as `parseByteSize` reads them. */
export function formatMib(bytes: number): string {
  return `${Math.floor(bytes / UNIT_BYTES.MiB)}MiB`;
}
