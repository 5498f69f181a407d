import fc from '../../../fixtures/fast-check';
import { toBinaryMask } from '../../../../runtime/transformations/detection/binary-mask';
import { tensor } from '../../../../runtime/tensor/tensor';

/** Masks are zeros for the most part: a few numbers at places of a longer one. */
const marks = fc.array(
  fc.tuple(fc.nat(2_100), fc.constantFrom(0.5, 0.500001, 1, -1, -0, NaN, Infinity, -Infinity, 1e-45)),
  { maxLength: 6 },
);

describe('binary masks', () => {
  it('are 1 exactly where a number is above the limit, wherever their memory begins', () => {
    fc.assert(
      fc.property(
        marks,
        fc.constantFrom(0, 511, 512, 513, 2_050),
        fc.nat(3),
        fc.constantFrom(0.5, 0, -0.5),
        (set, length, offset, above) => {
          const values = new Float32Array(length + offset).subarray(offset);
          for (const [place, value] of set) if (place < length) values[place] = value;
          const mask = toBinaryMask(tensor('float32', [length], values), above);
          expect(Array.from(mask.data)).toEqual(Array.from(values, (value) => (value > above ? 1 : 0)));
        },
      ),
    );
  });
});
