import { elementCount } from '../../tensor/shape';
import { isTensor, type Tensor } from '../../tensor/tensor';
import { requireValue } from '../../transformations/flow-values';
import { toBinaryMask } from '../../transformations/detection/binary-mask';
import { takeRows } from '../../transformations/detection/rows';
import { placedStep, type FlowStep } from './flow-step';
import { type PlacedStep } from './model-steps';

interface FilterParameters {
  readonly with: readonly string[];
}

interface GatherParameters {
  readonly values: readonly string[];
  readonly masks: string;
  readonly maskAbove: number;
}

/**
 * Filtering detections, and turning the masks that are left into 0 and 1, in one: the soft mask of a picture has a million
 * numbers, and those of kept detections would be copied together only to be read once. `undefined` when the steps are
 * others.
 */
export function fuseMaskSteps(filter: PlacedStep, preparation: PlacedStep | undefined): FlowStep | undefined {
  if (filter.use !== 'filter-detections' || filter.isPreparation) return undefined;
  if (preparation?.use !== 'gather-detections' || !preparation.isPreparation) return undefined;
  const { values, masks, maskAbove } = preparation.parameters as GatherParameters;
  const filtered = (filter.parameters as FilterParameters).with;
  if (!values.includes(masks) || !filtered.includes(masks)) return undefined;
  const [filterOnly, prepare] = [placedStep(filter), placedStep(preparation)];
  return {
    label: filter.label,
    isTimed: true,
    apply: (flow) => {
      const soft = requireValue(flow, masks);
      if (!isTensor(soft) || soft.shape.length === 0) return prepare.apply(filterOnly.apply(flow));
      // filtered in place of the masks, the numbers of their rows say which are kept, and in what order
      const numbered = new Map(flow).set(masks, rowNumbers(soft));
      const next = filterOnly.apply(numbered);
      const kept = (next.get(masks) as Tensor).data as Int32Array;
      return new Map(next).set(masks, binaryRows(soft, kept, maskAbove));
    },
  };
}

function rowNumbers({ shape: [rows] }: Tensor): Tensor {
  return { dtype: 'int32', shape: [rows], data: Int32Array.from({ length: rows }, (_, row) => row) };
}

/** The masks of the rows, as 0 and 1, one below the other. */
function binaryRows(soft: Tensor, rows: Int32Array, above: number): Tensor {
  if (soft.dtype !== 'float32') return toBinaryMask(takeRows(soft, [...rows]), above);
  const shape = soft.shape.slice(1);
  const pixels = elementCount(shape);
  const data = new Uint8Array(rows.length * pixels);
  rows.forEach((row, place) => {
    const mask = (soft.data as Float32Array).subarray(row * pixels, (row + 1) * pixels);
    const out = data.subarray(place * pixels, (place + 1) * pixels);
    toBinaryMask({ dtype: 'float32', shape, data: mask }, above, out);
  });
  return { dtype: 'uint8', shape: [rows.length, ...shape], data };
}
