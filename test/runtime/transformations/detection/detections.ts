import { tensor, type Flow, type Tensor } from '../../../../runtime/tensor/tensor';
import { type FlowFormat } from '../../../../runtime/formats/format';
import { flowOf, format } from '../run-step';

export const floats = (shape: number[], ...values: number[]): Tensor =>
  tensor('float32', shape, Float32Array.from(values));
export const wholes = (...values: number[]): Tensor =>
  tensor('int64', [values.length], BigInt64Array.from(values, BigInt));

/** What one picture has: a label, a box [i, i, i + 1, i + 1] and a mask of 1 × 2 pixels for each score. */
export function detections(scores: readonly number[], masks: readonly number[] = []): Record<string, Tensor> {
  const count = scores.length;
  return {
    labels: wholes(...scores.map((_, i) => i + 1)),
    boxes: floats([count, 4], ...scores.flatMap((_, i) => [i, i, i + 1, i + 1])),
    scores: floats([count], ...scores),
    masks: floats(
      [count, 1, 1, 2],
      ...(masks.length > 0 ? masks : scores.flatMap((_, i) => [i / 10, 1 - i / 10])),
    ),
  };
}

/** The same of several pictures, as lists. */
export function listsOf(pictures: readonly Readonly<Record<string, Tensor>>[]): Flow {
  const names = Object.keys(pictures[0]);
  return flowOf(Object.fromEntries(names.map((name) => [name, pictures.map((picture) => picture[name])])));
}

/** Formats of such lists. */
export function listFormats(length: number | string = 2): FlowFormat {
  const item = {
    labels: ['int64', ['n']],
    boxes: ['float32', ['n', 4]],
    scores: ['float32', ['n']],
    masks: ['float32', ['n', 1, 1, 2]],
  } as const;
  return new Map(
    Object.entries(item).map(([name, [dtype, shape]]) => [
      name,
      { kind: 'list', length, item: format({ dtype, shape }) },
    ]),
  );
}

export const plainValues = (tensorOrList: unknown): number[] =>
  Array.from((tensorOrList as Tensor).data as Float32Array, Number);
