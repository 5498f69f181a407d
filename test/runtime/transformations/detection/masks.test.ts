import { tensor, type Tensor } from '../../../../runtime/tensor/tensor';
import { flowOf, format, writtenStep } from '../run-step';
import { floats, plainValues } from './detections';

/** Two masks of 2 × 10 pixels. */
const masks = tensor(
  'uint8',
  [2, 1, 2, 10],
  Uint8Array.from([
    ...[0, 1, 1, 0, 0, 0, 0, 0, 1, 1],
    ...[1, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ...[1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
    ...[1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
  ]),
);
const pack = (parameters: object) => writtenStep({ use: 'pack-masks', on: 'masks', ...parameters });

describe('pack-masks', () => {
  it('packs eight pixels to a byte, the leftmost highest', () => {
    expect(pack({ encoding: 'bits' }).apply(flowOf({ masks })).get('masks')).toEqual(
      tensor(
        'uint8',
        [2, 1, 2, 2],
        Uint8Array.of(0b01100000, 0b11000000, 0b10000000, 0, 255, 0b11000000, 255, 0b11000000),
      ),
    );
  });

  it('counts runs of 0 and 1 in turn, 0 first', () => {
    const packed = pack({}).apply(flowOf({ masks }));
    expect(packed.get('masks')).toEqual(tensor('int32', [7], Int32Array.of(1, 2, 5, 3, 9, 0, 20)));
    expect(plainValues(packed.get('masks.runs'))).toEqual([5, 2]);
    expect(plainValues(packed.get('masks.size'))).toEqual([2, 10]);
  });

  it('takes soft masks at a limit', () => {
    const soft = floats([1, 1, 4], 0.2, 0.7, 0.6, 0.5);
    expect(
      plainValues(
        pack({ encoding: 'bits' })
          .apply(flowOf({ masks: soft }))
          .get('masks'),
      ),
    ).toEqual([0b01100000]);
    expect(
      plainValues(
        pack({ encoding: 'bits', above: 0.65 })
          .apply(flowOf({ masks: soft }))
          .get('masks'),
      ),
    ).toEqual([0b01000000]);
  });

  it('packs no masks into nothing', () => {
    const none = tensor('uint8', [0, 1, 3, 9], new Uint8Array(0));
    expect(
      pack({ encoding: 'bits' })
        .apply(flowOf({ masks: none }))
        .get('masks'),
    ).toEqual(tensor('uint8', [0, 1, 3, 2], new Uint8Array(0)));
    const runs = pack({}).apply(flowOf({ masks: none }));
    expect([runs.get('masks'), runs.get('masks.runs')].map((value) => (value as Tensor).shape)).toEqual([
      [0],
      [0],
    ]);
    expect(plainValues(runs.get('masks.size'))).toEqual([3, 9]);
  });

  it('says what it leaves at load', () => {
    const flow = new Map([['masks', format({ dtype: 'uint8', shape: ['n', 1, 900, 1201] })]]);
    expect(pack({ encoding: 'bits' }).format(flow).get('masks')).toEqual(
      format({ dtype: 'uint8', shape: ['n', 1, 900, 151] }),
    );
    expect([...pack({}).format(flow)]).toEqual([
      ['masks', format({ dtype: 'int32', shape: ['runs(n)'] })],
      ['masks.runs', format({ dtype: 'int64', shape: ['n'] })],
      ['masks.size', format({ dtype: 'int64', shape: [2] })],
    ]);
  });

  it('refuses what are no masks', () => {
    expect(() => pack({}).format(new Map([['masks', format({ dtype: 'uint8', shape: ['n', 4] })]]))).toThrow(
      'needs masks [detections, …, height, width], got [n, 4]',
    );
  });
});

describe('resize-masks', () => {
  const resize = (parameters: object) => writtenStep({ use: 'resize-masks', on: 'masks', ...parameters });

  it('stretches masks over the whole picture', () => {
    const soft = floats([2, 1, 1, 2], 0, 1, 1, 1);
    const { shape, data } = resize({ width: 4, height: 1 })
      .apply(flowOf({ masks: soft }))
      .get('masks') as Tensor;
    expect(shape).toEqual([2, 1, 1, 4]);
    expect(Array.from(data as Float32Array)).toEqual([0, 0.25, 0.75, 1, 1, 1, 1, 1]);
  });

  it('puts a mask where its box is, and nothing elsewhere', () => {
    const flow = flowOf({ masks: floats([1, 1, 2, 2], 1, 1, 0, 0), boxes: floats([1, 4], 1, 0, 3, 4) });
    const { shape, data } = resize({ width: 4, height: 5, boxes: 'boxes' })
      .apply(flow)
      .get('masks') as Tensor;
    expect(shape).toEqual([1, 1, 5, 4]);
    expect(
      Array.from({ length: 5 }, (_, y) => Array.from((data as Float32Array).slice(4 * y, 4 * y + 4))),
    ).toEqual([
      [0, 1, 1, 0],
      [0, 0.75, 0.75, 0],
      [0, 0.25, 0.25, 0],
      [0, 0, 0, 0],
      [0, 0, 0, 0],
    ]);
  });

  it('cuts off what lies beyond the picture', () => {
    const flow = flowOf({ masks: floats([1, 1, 1], 1), boxes: floats([1, 4], -3, -3, 9, 9) });
    expect(plainValues(resize({ width: 2, height: 2, boxes: 'boxes' }).apply(flow).get('masks'))).toEqual([
      1, 1, 1, 1,
    ]);
  });

  it('works picture by picture in lists', () => {
    const flow = new Map([['masks', [floats([1, 1, 1], 1), floats([0, 1, 1])]]]);
    const resized = resize({ width: 1, height: 2 }).apply(flow).get('masks') as Tensor[];
    expect(resized.map(({ shape }) => shape)).toEqual([
      [1, 2, 1],
      [0, 2, 1],
    ]);
  });

  it('refuses what are no masks, and boxes of other numbers', () => {
    expect(() => resize({ width: 2, height: 2 }).apply(flowOf({ masks: floats([2], 1, 1) }))).toThrow(
      'needs masks',
    );
    const flow = flowOf({ masks: floats([1, 1, 1], 1), boxes: floats([2, 4], 0, 0, 1, 1, 0, 0, 1, 1) });
    expect(() => resize({ width: 2, height: 2, boxes: 'boxes' }).apply(flow)).toThrow(
      'needs one row for each detection',
    );
  });
});
