const UNITS: Readonly<Record<string, number>> = {
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
 * Bytes of `1048576`, `500MB`, `4GiB`.
 * @throws RangeError with what is allowed.
 */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?) ?([A-Za-z]*)$/.exec(text);
  const unit = UNITS[match?.[2] ?? '-'];
  const bytes = Math.round(Number(match?.[1]) * (unit ?? NaN));
  if (!Number.isSafeInteger(bytes) || bytes < 1) {
    throw new RangeError(
      `must be a size above 0 such as 500MB or 4GiB (kB, MB, GB, KiB, MiB, GiB), got '${text}'`,
    );
  }
  return bytes;
}
