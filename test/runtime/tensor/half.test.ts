import fc from '../../fixtures/fast-check';
import { decodeHalf, encodeHalf, HALF_LAYOUTS, type HalfDType } from '../../../runtime/tensor/half';

/** The value of a bit pattern, straight from IEEE 754's definition. */
function meaning(dtype: HalfDType, bits: number): number {
  const { fractionBits, minExponent } = HALF_LAYOUTS[dtype];
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits & 0x7fff) >> fractionBits;
  const fraction = (bits & ((1 << fractionBits) - 1)) / 2 ** fractionBits;
  if (exponent === (1 << (15 - fractionBits)) - 1) return fraction === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * fraction * 2 ** minExponent;
  return sign * (1 + fraction) * 2 ** (minExponent + exponent - 1);
}

const ALL_PATTERNS = Uint16Array.from({ length: 65536 }, (_, bits) => bits);

describe.each(['float16', 'bfloat16'] as const)('%s', (dtype) => {
  const decoded = decodeHalf(dtype, ALL_PATTERNS);

  it('reads every bit pattern as the standard defines it', () => {
    const wrong = [...ALL_PATTERNS].filter((bits) => !Object.is(decoded[bits], meaning(dtype, bits)));
    expect(wrong).toEqual([]);
  });

  it('writes every number that it can hold as the pattern that it was read from', () => {
    const wrong = [...ALL_PATTERNS].filter(
      (bits) => !Number.isNaN(decoded[bits]) && encodeHalf(dtype, decoded[bits]) !== bits,
    );
    expect(wrong).toEqual([]);
    expect(decodeHalf(dtype, Uint16Array.of(encodeHalf(dtype, NaN)))[0]).toBeNaN();
  });

  it('rounds a number to the nearest one, ties to the even pattern', () => {
    const infinity = encodeHalf(dtype, Infinity);
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const magnitude = Math.abs(value);
        const got = encodeHalf(dtype, magnitude);
        expect(encodeHalf(dtype, -magnitude)).toBe(got | 0x8000);
        if (got === infinity) {
          const largest = decoded[infinity - 1];
          expect(magnitude).toBeGreaterThanOrEqual(largest + (largest - decoded[infinity - 2]) / 2);
          return;
        }
        const error = Math.abs(decoded[got] - magnitude);
        for (const neighbour of [got - 1, got + 1]) {
          if (neighbour < 0 || neighbour === infinity) continue;
          const other = Math.abs(decoded[neighbour] - magnitude);
          expect(error < other || (error === other && got % 2 === 0)).toBe(true);
        }
      }),
    );
  });

  it('rounds what lies exactly between two numbers to the even pattern', () => {
    for (const bits of [0, 1, 2, 1023, 1024, 0x3c00, 0x3c01]) {
      const between = (decoded[bits] + decoded[bits + 1]) / 2;
      expect(encodeHalf(dtype, between)).toBe(bits % 2 === 0 ? bits : bits + 1);
    }
  });
});
