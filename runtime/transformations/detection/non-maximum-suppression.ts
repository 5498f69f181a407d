import { z } from 'zod';
import { numbersOf, type NumberArray } from '../../tensor/numbers';
import { formatShape } from '../../tensor/shape';
import { type Axis } from '../../formats/format';
import { FormatError } from '../../formats/format';
import { requireNumbers } from '../../formats/number-format';
import { valueName, valueNames } from '../parameters';
import { defineBuiltInFlow } from '../tensor-transformation';
import { bestFirst, requireScores } from './filter-detections';
import { changeItemFormats, changeItems } from './per-item';
import { requireSameRows, takeRows, takeRowsFormat } from './rows';

function requireBoxes(name: string, shape: readonly Axis[] | undefined): void {
  if (!shape || (shape.length === 2 && (shape[1] === 4 || typeof shape[1] !== 'number'))) return;
  throw new FormatError(`needs boxes [detections, 4] as "${name}", got ${formatShape(shape)}`);
}

function areaOf(boxes: NumberArray, box: number): number {
  return (
    Math.max(0, boxes[4 * box + 2] - boxes[4 * box]) * Math.max(0, boxes[4 * box + 3] - boxes[4 * box + 1])
  );
}

/** Intersection over union of two boxes (x1, y1, x2, y2); 0 for boxes without an area. */
export function overlapOf(boxes: NumberArray, a: number, b: number): number {
  const width = Math.min(boxes[4 * a + 2], boxes[4 * b + 2]) - Math.max(boxes[4 * a], boxes[4 * b]);
  const height = Math.min(boxes[4 * a + 3], boxes[4 * b + 3]) - Math.max(boxes[4 * a + 1], boxes[4 * b + 1]);
  if (!(width > 0 && height > 0)) return 0;
  const shared = width * height;
  return shared / (areaOf(boxes, a) + areaOf(boxes, b) - shared);
}

function suppress(
  boxes: NumberArray,
  labels: ArrayLike<number> | undefined,
  candidates: readonly number[],
  iouAbove: number,
  max: number,
): number[] {
  const kept: number[] = [];
  for (const candidate of candidates) {
    if (kept.length === max) break;
    const covered = kept.some(
      (better) =>
        (labels === undefined || labels[better] === labels[candidate]) &&
        overlapOf(boxes, better, candidate) > iouAbove,
    );
    if (!covered) kept.push(candidate);
  }
  return kept;
}

export const nonMaximumSuppression = defineBuiltInFlow({
  name: 'non-maximum-suppression',
  description:
    'Of detections that show the same thing keeps the best one: a detection goes when its box overlaps a better one by more than a limit. What stays is ordered, best first. In lists, picture by picture.',
  ignoresOn: true,
  itemwise: true,
  parameters: z.strictObject({
    iouAbove: z
      .number()
      .min(0)
      .max(1)
      .default(0.5)
      .describe('Overlap (shared area by area of both) above which the worse one goes'),
    scoreAbove: z.number().optional().describe('Scores that are not above it go, too; default: none go'),
    max: z.int().min(1).optional().describe('Most detections of a picture; default: any number'),
    boxes: valueName.default('boxes').describe('Value with the boxes [detections, 4]: x1, y1, x2, y2'),
    scores: valueName.default('scores').describe('Value with a score for each detection'),
    labels: valueName
      .optional()
      .describe(
        'Value with a class for each detection: only boxes of one class are compared; default: all are',
      ),
    with: valueNames.default([]).describe('Further values that have a row for each detection'),
  }),
  format: (flow, { boxes, scores, labels, with: others }) =>
    changeItemFormats(flow, namesOf(boxes, scores, labels, others), (item) => {
      for (const name of [boxes, scores]) requireNumbers(item[name]);
      requireBoxes(boxes, item[boxes].shape);
      requireScores(scores, item[scores]);
      const symbol = `kept(${item[scores].shape?.[0] ?? 'detections'})`;
      return Object.fromEntries(
        Object.entries(item).map(([name, format]) => [name, takeRowsFormat(name, format, symbol)]),
      );
    }),
  apply: (flow, { iouAbove, scoreAbove = -Infinity, max = Infinity, boxes, scores, labels, with: others }) =>
    changeItems(flow, namesOf(boxes, scores, labels, others), (item) => {
      requireBoxes(boxes, item[boxes].shape);
      requireScores(scores, item[scores]);
      requireSameRows(item);
      const candidates = bestFirst(numbersOf(item[scores]), scoreAbove);
      const classes = labels === undefined ? undefined : numbersOf(item[labels]);
      const kept = suppress(numbersOf(item[boxes]), classes, candidates, iouAbove, max);
      return Object.fromEntries(Object.entries(item).map(([name, tensor]) => [name, takeRows(tensor, kept)]));
    }),
});

function namesOf(
  boxes: string,
  scores: string,
  labels: string | undefined,
  others: readonly string[],
): string[] {
  return [...new Set([boxes, scores, ...(labels === undefined ? [] : [labels]), ...others])];
}
