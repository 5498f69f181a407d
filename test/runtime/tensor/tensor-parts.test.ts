import { partsOf, tensorOfParts } from '../../../runtime/tensor/tensor-parts';
import { tensor } from '../../../runtime/tensor/tensor';

const parts = [Int16Array.of(1, 2), new Int16Array(0), Int16Array.of(-3)];

describe('a tensor of parts', () => {
  it('is like any other to whoever reads it', () => {
    const whole = tensor('int16', [3], Int16Array.of(1, 2, -3));
    expect(tensorOfParts('int16', [3], parts)).toEqual(whole);
    expect({ ...tensorOfParts('int16', [3], parts), shape: [3, 1] }).toEqual({ ...whole, shape: [3, 1] });
    expect(structuredClone(tensorOfParts('int16', [3], parts))).toEqual(whole);
  });

  it('tells its parts, those without elements left out, until it has been put together', () => {
    const apart = tensorOfParts('int16', [3], parts);
    expect(partsOf(apart)).toEqual([parts[0], parts[2]]);
    const { data } = apart;
    expect(partsOf(apart)).toBeUndefined();
    expect(apart.data).toBe(data);
  });

  it('has none when all lies together', () => {
    const one = tensorOfParts('int16', [2], parts.slice(0, 2));
    expect(partsOf(one)).toBeUndefined();
    expect(one.data).toBe(parts[0]);
    expect(tensorOfParts('int16', [0], [])).toEqual(tensor('int16', [0], new Int16Array(0)));
  });

  it('does not pass its parts on to a copy of it with other data', () => {
    const other = { ...tensorOfParts('int16', [3], parts), data: Int16Array.of(7, 8, 9) };
    expect(partsOf(other)).toBeUndefined();
  });
});
