/** Fraction bits, and the exponents of the smallest and largest normal number. */
export const HALF_LAYOUTS = {
  float16: { fractionBits: 10, minExponent: -14, maxExponent: 15 },
  bfloat16: { fractionBits: 7, minExponent: -126, maxExponent: 127 },
} as const;

export type HalfDType = keyof typeof HALF_LAYOUTS;

function decodeFloat16(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const values = new Float32Array(bits.length);
  const words = new Uint32Array(values.buffer);
  for (let i = 0; i < bits.length; i++) {
    const sign = (bits[i] & 0x8000) << 16;
    const exponent = (bits[i] >> 10) & 0x1f;
    const fraction = bits[i] & 0x3ff;
    if (exponent === 0) {
      values[i] = fraction * 2 ** -24;
      words[i] |= sign;
    } else {
      words[i] = sign | ((exponent === 31 ? 255 : exponent + 112) << 23) | (fraction << 13);
    }
  }
  return values;
}

/** A bfloat16 is the upper half of a float32. */
function decodeBfloat16(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const values = new Float32Array(bits.length);
  const words = new Uint32Array(values.buffer);
  for (let i = 0; i < bits.length; i++) words[i] = bits[i] << 16;
  return values;
}

/** The values of 16-bit float bit patterns; exact. */
export function decodeHalf(dtype: HalfDType, bits: Uint16Array): Float32Array<ArrayBuffer> {
  return dtype === 'float16' ? decodeFloat16(bits) : decodeBfloat16(bits);
}

const scratch = new Float64Array(1);
const scratchWords = new Uint32Array(scratch.buffer);

/**
 * Bit pattern of the 16-bit float nearest to `value` (ties to even). Values beyond the range become infinity, as in
 * IEEE 754; NaN stays NaN.
 */
export function encodeHalf(dtype: HalfDType, value: number): number {
  const { fractionBits, minExponent, maxExponent } = HALF_LAYOUTS[dtype];
  scratch[0] = value;
  const high = scratchWords[1];
  const sign = (high >>> 31) << 15;
  const exponent = ((high >>> 20) & 0x7ff) - 1023;
  if (exponent > maxExponent) {
    const infinity = 0x7fff & -(1 << fractionBits);
    return value !== value ? infinity | (1 << (fractionBits - 1)) : sign | infinity;
  }
  if (exponent < minExponent) {
    // Too small for a normal number: a multiple of the smallest one. A carry makes it the smallest normal number.
    return sign | roundHalfToEven(Math.abs(value) * 2 ** (fractionBits - minExponent));
  }
  // The fraction's first bits are kept; what is cut off decides the rounding, together with the lower word.
  const cut = 20 - fractionBits;
  const kept = (high & 0xfffff) >>> cut;
  const rest = high & ((1 << cut) - 1);
  const half = 1 << (cut - 1);
  const isUp = rest > half || (rest === half && (scratchWords[0] !== 0 || (kept & 1) === 1));
  // Adding, not or-ing: a fraction that rounds up to a whole carries into the exponent, and from the last one to infinity.
  return sign | (((exponent - minExponent + 1) << fractionBits) + kept + (isUp ? 1 : 0));
}

/** For 0 ≤ value < 2^51: adding 2^52 leaves no room for a fraction, so the hardware rounds it away. */
function roundHalfToEven(value: number): number {
  return value + 2 ** 52 - 2 ** 52;
}
