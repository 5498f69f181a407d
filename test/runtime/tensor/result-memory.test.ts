import { bytesPerElement } from '../../../runtime/tensor/dtype';
import { DTYPES } from '../../../contracts/values/dtype';
import { allocateResult } from '../../../runtime/tensor/result-memory';

describe('allocateResult', () => {
  it.each(DTYPES)('gives zeros of the right kind and number for %s', (dtype) => {
    for (const count of [0, 1, 7, 100, 3000]) {
      const data = allocateResult(dtype, count);
      expect(data).toHaveLength(dtype === 'complex64' ? 2 * count : count);
      if (dtype !== 'string') {
        expect(Array.from(data as Iterable<number | bigint>, Number).every((value) => value === 0)).toBe(
          true,
        );
        expect((data as Float32Array).byteLength).toBe(count * bytesPerElement(dtype));
      }
    }
  });

  it('gives memory to one result only, over many slabs', () => {
    const results = Array.from({ length: 3000 }, (_, i) => {
      const data = allocateResult(i % 2 ? 'float32' : 'int8', 20 + (i % 50) * 4);
      data.fill(i % 100);
      return data;
    });
    const wrong = results.filter((data, i) => data.some((value) => value !== i % 100));
    expect(wrong).toEqual([]);
  });

  it('gives a large result memory of its own', () => {
    const data = allocateResult('float32', 5000);
    expect(data.byteLength).toBe(data.buffer.byteLength);
  });
});
