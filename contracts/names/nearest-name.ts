/** Insertions, removals, replacements and swaps of neighbours that make `a` into `b`. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        row[j] = Math.min(row[j], beforeLast[j - 2] + 1);
      }
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length];
}

/** What other systems call a thing, by our name for it. */
const SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  float32: ['float', 'single', 'real', 'f32', 'fp32'],
  float64: ['double', 'f64', 'fp64'],
  float16: ['half', 'f16', 'fp16'],
  bfloat16: ['bf16'],
  complex64: ['complex', 'c64'],
  int8: ['i8', 'sbyte'],
  int16: ['short', 'i16'],
  int32: ['int', 'integer', 'i32'],
  int64: ['long', 'bigint', 'i64'],
  uint8: ['byte', 'ubyte', 'u8'],
  uint16: ['ushort', 'u16'],
  uint32: ['uint', 'unsigned', 'u32'],
  uint64: ['ulong', 'u64'],
  bool: ['boolean'],
  string: ['str', 'text', 'bytes'],
};

/** The other name that was probably meant, if one is near enough. */
export function nearestName(name: string, names: readonly string[]): string | undefined {
  const wanted = name.toLowerCase();
  const same = names.find(
    (candidate) => Object.hasOwn(SYNONYMS, candidate) && SYNONYMS[candidate].includes(wanted),
  );
  if (same !== undefined) return same;
  // Any letter is near to any other: of very short names only the case may differ.
  const farthest = wanted.length < 3 ? 0 : Math.max(1, Math.floor(wanted.length / 3));
  let nearest: string | undefined;
  let best = farthest + 1;
  for (const candidate of names) {
    if (candidate === name) continue;
    const distance = editDistance(wanted, candidate.toLowerCase());
    if (distance < best) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

/** `; did you mean "scale"?`, or nothing when no name is near. */
export function didYouMean(name: string, names: readonly string[]): string {
  const nearest = nearestName(name, names);
  return nearest === undefined ? '' : `; did you mean "${nearest}"?`;
}
