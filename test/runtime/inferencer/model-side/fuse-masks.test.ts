import { flowSteps } from '../../../../runtime/inferencer/model-side/stepped-flow';
import { placedStep } from '../../../../runtime/inferencer/model-side/flow-step';
import { type Flow, type Tensor } from '../../../../runtime/tensor/tensor';
import { placedBuiltIn as placed } from '../../../fixtures/placed-built-in';
import { randomNumbers } from '../../../fixtures/seed';

const PIXELS = 4 * 5;

function detections(count: number, dtype: 'float32' | 'uint8' = 'float32'): Flow {
  const random = randomNumbers();
  const masks = Float32Array.from({ length: count * PIXELS }, () =>
    random() < 0.7 ? 0 : dtype === 'uint8' ? 1 : random() * 2 - 0.5,
  );
  const values: Record<string, Tensor> = {
    scores: { dtype: 'float32', shape: [count], data: Float32Array.from({ length: count }, random) },
    labels: {
      dtype: 'int64',
      shape: [count],
      data: BigInt64Array.from({ length: count }, (_, i) => BigInt(i)),
    },
    boxes: { dtype: 'float32', shape: [count, 4], data: Float32Array.from({ length: count * 4 }, random) },
    masks: { dtype, shape: [count, 1, 4, 5], data: dtype === 'uint8' ? Uint8Array.from(masks) : masks },
  };
  return new Map(Object.entries(values));
}

describe.each([0, 1, 7])('%i detections', (count) => {
  it.each([
    ['float32', { above: 0.4 }, { maskAbove: 0.5 }],
    ['float32', { above: 0.4, max: 2 }, { maskAbove: -0.2 }],
    ['uint8', { above: 0.2 }, {}],
  ] as const)(
    'with masks of %s, filtered %j and prepared %j: as one step after the other',
    (dtype, by, masks) => {
      const steps = [placed('filter-detections', by), placed('gather-detections', masks, '', true)];
      const flow = detections(count, dtype);
      const fused = flowSteps(steps);
      expect(fused.map(({ label, isTimed }) => ({ label, isTimed }))).toEqual([
        { label: 'filter-detections', isTimed: true },
      ]);
      const expected = steps.reduce((current, step) => placedStep(step).apply(current), flow);
      expect(fused[0].apply(flow)).toEqual(expected);
    },
  );
});

it('leaves steps alone whose masks are not filtered', () => {
  const steps = [
    placed('filter-detections', { with: ['labels', 'boxes'] }),
    placed('gather-detections', {}, '', true),
  ];
  expect(flowSteps(steps)).toHaveLength(2);
});

it('refuses masks of fewer detections than there are scores', () => {
  const [step] = flowSteps([placed('filter-detections', {}), placed('gather-detections', {}, '', true)]);
  const flow = new Map(detections(3)).set('masks', detections(2).get('masks')!);
  expect(() => step.apply(flow)).toThrow(/one row for each detection/);
});
