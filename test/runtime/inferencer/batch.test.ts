import fc from '../../fixtures/fast-check';
import { mergeRows, sliceRows } from '../../../runtime/inferencer/batch';
import { allocateData, slotsPerElement, type DType } from '../../../runtime/tensor/dtype';
import { DTYPES } from '../../../contracts/values/dtype';
import { elementCount } from '../../../runtime/tensor/shape';
import { type Tensor } from '../../../runtime/tensor/tensor';

/** A tensor whose elements tell it from every other. */
function numbered(dtype: DType, shape: readonly number[], start: number): Tensor {
  const data = allocateData(dtype, elementCount(shape));
  if (Array.isArray(data)) {
    return { dtype, shape, data: data.map((_, index) => Buffer.from(`${start + index}`)) };
  }
  const bytes = new Uint8Array(data.buffer as ArrayBuffer);
  for (let index = 0; index < bytes.length; index++) bytes[index] = (start + index) % 251;
  return { dtype, shape, data };
}

it('gives every request its own rows back, for every dtype, shape and number of rows', () => {
  const requests = fc.record({
    dtype: fc.constantFrom(...DTYPES),
    trailing: fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 3 }),
    rows: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 6 }),
  });
  fc.assert(
    fc.property(requests, ({ dtype, trailing, rows }) => {
      const parts = rows.map((count, index) => ({
        a: numbered(dtype, [count, ...trailing], 1000 * index),
        b: numbered('int16', [count], 7 * index),
      }));
      const merged = mergeRows(['a', 'b'], parts);
      const total = rows.reduce((sum, count) => sum + count, 0);
      expect(merged.a.shape).toEqual([total, ...trailing]);
      expect(merged.a.data).toHaveLength(elementCount(merged.a.shape) * slotsPerElement(dtype));
      let row = 0;
      for (const part of parts) {
        expect(sliceRows(['a', 'b'], merged, row, part.a.shape[0])).toEqual(part);
        row += part.a.shape[0];
      }
    }),
    { numRuns: 300 },
  );
});

it('joins large tensors without losing an element', () => {
  const parts = [1, 2, 3].map((value) => ({
    x: { dtype: 'float32', shape: [2, 10_000], data: new Float32Array(20_000).fill(value) } satisfies Tensor,
  }));
  const merged = mergeRows(['x'], parts);
  expect(merged.x.shape).toEqual([6, 10_000]);
  expect(sliceRows(['x'], merged, 2, 2)).toEqual(parts[1]);
  expect((merged.x.data as Float32Array).reduce((sum, value) => sum + value, 0)).toBe(120_000);
});

it('copies small pieces, so that one answer does not keep its whole batch alive', () => {
  const batch = { x: numbered('float32', [1000, 1], 0) };
  const { x } = sliceRows(['x'], batch, 3, 1);
  expect((x.data as Float32Array).buffer.byteLength).toBe(4);
});
