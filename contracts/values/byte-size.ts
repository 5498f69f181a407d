const UNIT_BYTES: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};

/**
 * Bytes of `1048576`, `4096B`, `500MB`, `1.5GiB`.
 * @throws RangeError with what is allowed
 */
export function parseByteSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?) ?([A-Za-z]*)$/.exec(text);
  const unitBytes = UNIT_BYTES[match?.[2] ?? '-'] ?? NaN;
  const bytes = Math.round(Number(match?.[1]) * unitBytes);
  if (Number.isSafeInteger(bytes) && bytes >= 1) return bytes;
  throw new RangeError(
    `must be a size above 0 such as 64MiB or 500MB (units: B, kB, MB, GB, KiB, MiB, GiB), got '${text}'`,
  );
}

/** Whole MiB of `bytes`, as `parseByteSize` reads them. */
export function formatMib(bytes: number): string {
  return `${Math.floor(bytes / UNIT_BYTES.MiB)}MiB`;
}
