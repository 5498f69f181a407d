import fc from '../../../fixtures/fast-check';
import { type Tensor } from '../../../../runtime/tensor/tensor';
import { flowOf, writtenStep } from '../run-step';
import { detections, floats, listFormats, listsOf, plainValues, wholes } from './detections';

const suppress = (parameters: object = {}) => writtenStep({ use: 'non-maximum-suppression', ...parameters });

const three = {
  boxes: floats([3, 4], 0, 0, 10, 10, 1, 1, 11, 11, 20, 20, 30, 30),
  scores: floats([3], 0.8, 0.9, 0.7),
  labels: wholes(1, 2, 1),
};

describe('non-maximum-suppression', () => {
  it('keeps the better one of two that overlap, and what overlaps nothing', () => {
    const kept = suppress().apply(flowOf(three));
    expect(plainValues(kept.get('boxes'))).toEqual([1, 1, 11, 11, 20, 20, 30, 30]);
    expect(plainValues(kept.get('scores'))).toEqual([0.9, 0.7].map(Math.fround));
  });

  it('keeps both when their overlap is at most the limit', () => {
    expect(plainValues(suppress({ iouAbove: 0.7 }).apply(flowOf(three)).get('scores'))).toHaveLength(3);
  });

  it('compares only boxes of one class when it knows the classes', () => {
    expect(plainValues(suppress({ labels: 'labels' }).apply(flowOf(three)).get('labels'))).toEqual([2, 1, 1]);
  });

  it('drops low scores, and more than it is told to keep', () => {
    expect(plainValues(suppress({ scoreAbove: 0.75 }).apply(flowOf(three)).get('scores'))).toHaveLength(1);
    expect(plainValues(suppress({ iouAbove: 1, max: 2 }).apply(flowOf(three)).get('scores'))).toHaveLength(2);
  });

  it('takes further values along, in lists picture by picture', () => {
    const kept = suppress({ with: ['masks'] }).apply(listsOf([detections([0.1, 0.9]), detections([])]));
    expect((kept.get('masks') as Tensor[]).map(({ shape }) => shape)).toEqual([
      [2, 1, 1, 2],
      [0, 1, 1, 2],
    ]);
  });

  it('finds no overlap of boxes without an area', () => {
    const flat = { boxes: floats([2, 4], 5, 5, 5, 9, 5, 5, 5, 9), scores: floats([2], 1, 1) };
    expect(plainValues(suppress().apply(flowOf(flat)).get('scores'))).toHaveLength(2);
  });

  it('never keeps two that overlap too much, nor drops one that none covers', () => {
    const place = fc.integer({ min: 0, max: 20 });
    const box = fc.tuple(place, place, fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(box, fc.double({ min: 0, max: 1, noNaN: true })), { maxLength: 12 }),
        (all) => {
          const corners = all.map(([[x, y, width, height]]) => [x, y, x + width, y + height]);
          const flow = flowOf({
            boxes: floats([all.length, 4], ...corners.flat()),
            scores: floats([all.length], ...all.map(([, score]) => score)),
            labels: wholes(...all.map((_, i) => i)),
          });
          const kept = plainValues(
            suppress({ iouAbove: 0.4, with: ['labels'] })
              .apply(flow)
              .get('labels'),
          );
          const scoreOf = (i: number): number => Math.fround(all[i][1]);
          for (const a of all.keys()) {
            const covering = kept.filter((b) => b !== a && overlap(corners[a], corners[b]) > 0.4);
            if (kept.includes(a)) expect(covering).toEqual([]);
            else expect(covering.some((b) => scoreOf(b) >= scoreOf(a))).toBe(true);
          }
        },
      ),
    );
  });

  it('refuses what are no boxes at load', () => {
    expect(() => suppress({ boxes: 'masks' }).format(listFormats())).toThrow(
      'needs boxes [detections, 4] as "masks", got [n, 1, 1, 2]',
    );
  });
});

function overlap(a: readonly number[], b: readonly number[]): number {
  const width = Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0]));
  const height = Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]));
  const area = (box: readonly number[]): number => (box[2] - box[0]) * (box[3] - box[1]);
  return (width * height) / (area(a) + area(b) - width * height);
}
