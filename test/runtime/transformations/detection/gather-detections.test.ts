import { gatherDetections } from '../../../../runtime/transformations/detection/gather-detections';
import { tensor, type Tensor } from '../../../../runtime/tensor/tensor';
import { flowOf, format, writtenStep } from '../run-step';
import { detections, floats, listFormats, listsOf, plainValues } from './detections';

const gather = (parameters: object = {}) => writtenStep({ use: 'gather-detections', ...parameters });

describe('gather-detections', () => {
  it('joins the detections of all pictures and says how many each has', () => {
    const gathered = gather().apply(listsOf([detections([0.9, 0.8]), detections([]), detections([0.7])]));
    expect([...gathered.keys()]).toEqual(['results', 'labels', 'boxes', 'scores', 'masks']);
    expect(gathered.get('results')).toEqual({
      dtype: 'int64',
      shape: [3],
      data: BigInt64Array.of(2n, 0n, 1n),
    });
    expect(plainValues(gathered.get('labels'))).toEqual([1, 2, 1]);
    expect(gathered.get('boxes')).toEqual(floats([3, 4], 0, 0, 1, 1, 1, 1, 2, 2, 0, 0, 1, 1));
    expect((gathered.get('masks') as Tensor).shape).toEqual([3, 1, 1, 2]);
  });

  it('makes 0 and 1 of soft masks: 1 above the limit', () => {
    const picture = detections([0.9, 0.8], [0.5, 0.50001, NaN, 1]);
    expect(gather().apply(flowOf(picture)).get('masks')).toEqual({
      dtype: 'uint8',
      shape: [2, 1, 1, 2],
      data: Uint8Array.of(0, 1, 0, 1),
    });
    expect(plainValues(gather({ maskAbove: 0.9 }).apply(flowOf(picture)).get('masks'))).toEqual([0, 0, 0, 1]);
  });

  it('gives the same for masks that have been made binary picture by picture before', () => {
    const values = gatherDetections.parameters.parse({});
    const pictures = [detections([0.9, 0.8], [0.2, 0.8, 0.5, 1]), detections([0.7])];
    const names = { on: '', as: '' };
    const prepared = pictures.map((picture) =>
      Object.fromEntries(gatherDetections.prepareItem!(flowOf(picture), values, names)),
    ) as Record<string, Tensor>[];
    expect(prepared[0].masks.dtype).toBe('uint8');
    const whole = gather().apply(listsOf(pictures));
    expect(gather().apply(listsOf(prepared))).toEqual(whole);
    expect(gatherDetections.applyPrepared!(listsOf(prepared), values, names)).toEqual(whole);
  });

  it('answers no detection at all with empty tensors', () => {
    const gathered = gather().apply(listsOf([detections([]), detections([])]));
    expect(plainValues(gathered.get('results'))).toEqual([0, 0]);
    expect((gathered.get('masks') as Tensor).shape).toEqual([0, 1, 1, 2]);
    expect((gathered.get('boxes') as Tensor).shape).toEqual([0, 4]);
  });

  it('puts large masks together in turns, with the same result', async () => {
    const side = 1200;
    const pictures = [0, 1].map((first) => {
      const data = new Float32Array(side * side).fill(first);
      data[7] = 1 - first;
      return { ...detections([0.9]), masks: tensor('float32', [1, 1, side, side], data) };
    });
    let turns = 0;
    let over = false;
    const again = (): void => {
      turns += 1;
      if (!over) setImmediate(again);
    };
    setImmediate(again);
    const gathered = await gather().applyLater(listsOf(pictures));
    over = true;
    const { shape, data } = gathered.get('masks') as Tensor;
    expect(shape).toEqual([2, 1, side, side]);
    expect((data as Uint8Array).slice(6, 9)).toEqual(Uint8Array.of(0, 1, 0));
    expect((data as Uint8Array).slice(side * side + 6, side * side + 9)).toEqual(Uint8Array.of(1, 0, 1));
    expect(turns).toBeGreaterThan(0);
  });

  it('leaves formats whose sizes only data tell', () => {
    const formats = gather().format(listFormats('pictures'));
    expect(formats.get('results')).toEqual(format({ dtype: 'int64', shape: ['pictures'] }));
    expect(formats.get('masks')).toEqual(format({ dtype: 'uint8', shape: ['all(n)', 1, 1, 2] }));
  });

  it('refuses pictures whose masks differ in size', () => {
    const other = { ...detections([0.5]), masks: floats([1, 1, 1, 3], 0, 0, 0) };
    expect(() => gather().apply(listsOf([detections([0.5]), other]))).toThrow(
      'cannot join "masks" of pictures that differ: float32 [1, 1, 1, 2] and float32 [1, 1, 1, 3]',
    );
  });

  it('refuses values that have other numbers of rows', () => {
    const other = { ...detections([0.5]), boxes: floats([2, 4], 0, 0, 1, 1, 0, 0, 1, 1) };
    expect(() => gather().apply(listsOf([other]))).toThrow(
      'needs as many rows as "labels" has for each picture, "boxes" has others',
    );
  });

  it('refuses a name for the counts that another value has', () => {
    expect(() => gather({ counts: 'labels' }).format(listFormats())).toThrow(
      'would replace the value "labels"',
    );
  });
});
