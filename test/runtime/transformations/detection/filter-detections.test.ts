import { type Tensor } from '../../../../runtime/tensor/tensor';
import { flowOf, format, writtenStep } from '../run-step';
import { detections, floats, listFormats, listsOf, plainValues } from './detections';

const filter = (parameters: object = {}) => writtenStep({ use: 'filter-detections', ...parameters });

describe('filter-detections', () => {
  it('keeps what scores above the limit, best first, with its rows of the other values', () => {
    const kept = filter().apply(flowOf(detections([0.6, 0.5, 0.9, 0.1, 0.7])));
    expect(plainValues(kept.get('scores'))).toEqual([0.9, 0.7, 0.6].map(Math.fround));
    expect(plainValues(kept.get('labels'))).toEqual([3, 5, 1]);
    expect(plainValues(kept.get('boxes'))).toEqual([2, 2, 3, 3, 4, 4, 5, 5, 0, 0, 1, 1]);
    expect((kept.get('masks') as Tensor).shape).toEqual([3, 1, 1, 2]);
    expect(plainValues(kept.get('masks'))).toEqual([0.2, 0.8, 0.4, 0.6, 0, 1].map(Math.fround));
  });

  it('does not copy rows that lie in order', () => {
    const picture = detections([0.9, 0.8, 0.1]);
    const masks = filter().apply(flowOf(picture)).get('masks') as Tensor;
    expect((masks.data as Float32Array).buffer).toBe((picture.masks.data as Float32Array).buffer);
  });

  it('keeps equal scores in their order, and no NaN', () => {
    expect(
      plainValues(
        filter()
          .apply(flowOf(detections([0.7, NaN, 0.7, 0.8])))
          .get('labels'),
      ),
    ).toEqual([4, 1, 3]);
  });

  it('keeps at most as many as it is told to', () => {
    expect(
      plainValues(
        filter({ max: 1 })
          .apply(flowOf(detections([0.6, 0.9])))
          .get('labels'),
      ),
    ).toEqual([2]);
  });

  it('works on each picture of a list alone, one without detections as well', () => {
    const kept = filter().apply(listsOf([detections([0.6, 0.9]), detections([]), detections([0.2])]));
    expect((kept.get('labels') as Tensor[]).map(plainValues)).toEqual([[2, 1], [], []]);
    expect((kept.get('masks') as Tensor[]).map(({ shape }) => shape)).toEqual([
      [2, 1, 1, 2],
      [0, 1, 1, 2],
      [0, 1, 1, 2],
    ]);
  });

  it('leaves the other values alone', () => {
    const flow = flowOf({ ...detections([0.9]), other: floats([1], 4) });
    expect(filter().apply(flow).get('other')).toBe(flow.get('other'));
  });

  it('does not know at load how many it will keep', () => {
    expect(filter().format(listFormats()).get('boxes')).toEqual({
      kind: 'list',
      length: 2,
      item: format({ dtype: 'float32', shape: ['kept(n)', 4] }),
    });
  });

  it.each([
    [
      'a value that is not there',
      { with: ['boxs'] },
      'there is no value "boxs"; there are: labels, boxes, scores, masks',
    ],
    [
      'scores of two axes',
      { scores: 'boxes', with: [] },
      'needs one score for each detection as "boxes", got [n, 4]',
    ],
  ])('refuses %s at load', (_, parameters, message) => {
    expect(() => filter(parameters).format(listFormats())).toThrow(message);
  });

  it('refuses values of different numbers of rows, and of lists and single ones', () => {
    const picture = detections([0.9, 0.8]);
    expect(() => filter().apply(flowOf({ ...picture, boxes: floats([1, 4], 0, 0, 1, 1) }))).toThrow(
      'needs one row for each detection, got "scores" [2] and "boxes" [1, 4]',
    );
    const mixed = new Map(listsOf([picture])).set('boxes', picture.boxes);
    expect(() => filter().apply(mixed)).toThrow(
      'needs a list as "boxes", as "scores" is one; got one tensor',
    );
    const formats = new Map(listFormats()).set('boxes', format({ dtype: 'float32', shape: ['n', 4] }));
    expect(() => filter().format(formats)).toThrow(
      'needs "scores" and "boxes" both as lists or both as single tensors',
    );
  });
});
