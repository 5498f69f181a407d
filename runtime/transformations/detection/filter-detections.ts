import { z } from 'zod';
import { numbersOf } from '../../tensor/numbers';
import { formatShape } from '../../tensor/shape';
import { type Tensor } from '../../tensor/tensor';
import { FormatError, type TensorFormat } from '../../formats/format';
import { requireNumbers } from '../../formats/number-format';
import { valueName, valueNames } from '../parameters';
import { defineBuiltInFlow } from '../tensor-transformation';
import { changeItemFormats, changeItems } from './per-item';
import { requireSameRows, takeRows, takeRowsFormat } from './rows';

/** @throws FormatError unless there is one number per detection. */
export function requireScores(name: string, { shape }: Tensor | TensorFormat): void {
  if (!shape || shape.length === 1) return;
  throw new FormatError(`needs one score for each detection as "${name}", got ${formatShape(shape)}`);
}

/** Indices of the scores above the limit, highest first, equal ones in their order. NaN is not above. */
export function bestFirst(scores: ArrayLike<number>, above: number): number[] {
  const places: number[] = [];
  for (let i = 0; i < scores.length; i++) if (scores[i] > above) places.push(i);
  return places.sort((a, b) => scores[b] - scores[a] || a - b);
}

export const filterDetections = defineBuiltInFlow({
  name: 'filter-detections',
  description:
    'Keeps the detections whose score is above a limit, best first: of the scores, and of the rows that the other values have for them. In lists, picture by picture.',
  ignoresOn: true,
  itemwise: true,
  parameters: z.strictObject({
    above: z.number().default(0.5).describe('The limit; a score equal to it is not above it'),
    max: z.int().min(1).optional().describe('Most detections of a picture; default: all above the limit'),
    scores: valueName.default('scores').describe('Value with a score for each detection'),
    with: valueNames
      .default(['labels', 'boxes', 'masks'])
      .describe('Values that have a row for each detection'),
  }),
  format: (flow, { scores, with: others }) =>
    changeItemFormats(flow, [scores, ...others], (item) => {
      requireNumbers(item[scores]);
      requireScores(scores, item[scores]);
      const shapes = Object.entries(item).flatMap(([name, { shape }]) => (shape ? [[name, { shape }]] : []));
      if (shapes.length > 0)
        requireSameRows(Object.fromEntries(shapes) as Parameters<typeof requireSameRows>[0]);
      const symbol = `kept(${item[scores].shape?.[0] ?? 'detections'})`;
      return Object.fromEntries(
        Object.entries(item).map(([name, format]) => [name, takeRowsFormat(name, format, symbol)]),
      );
    }),
  apply: (flow, { above, max, scores, with: others }) =>
    changeItems(flow, [scores, ...others], (item) => {
      requireScores(scores, item[scores]);
      requireSameRows(item);
      const kept = bestFirst(numbersOf(item[scores]), above).slice(0, max);
      return Object.fromEntries(Object.entries(item).map(([name, tensor]) => [name, takeRows(tensor, kept)]));
    }),
});
