import { z } from 'zod';
import { numbersOf, type NumberArray } from '../../tensor/numbers';
import { formatShape } from '../../tensor/shape';
import { type Tensor } from '../../tensor/tensor';
import { FormatError, withFormat, type Axis, type TensorFormat } from '../../formats/format';
import { requireNumbers } from '../../formats/number-format';
import { valueName } from '../parameters';
import { defineBuiltInFlow } from '../tensor-transformation';
import { MAX_SIDE } from '../image/picture';
import { resample } from '../image/resample';
import { changeItemFormats, changeItems, type Item } from './per-item';
import { requireSameRows } from './rows';

/** Shape of masks: [detections, 1, height, width] or [detections, height, width]. */
function requireMasks(name: string, shape: readonly Axis[] | undefined): void {
  if (
    !shape ||
    shape.length === 3 ||
    (shape.length === 4 && (shape[1] === 1 || typeof shape[1] === 'string'))
  ) {
    return;
  }
  throw new FormatError(
    `needs masks [detections, 1, height, width] or [detections, height, width] as "${name}", got ${formatShape(shape)}`,
  );
}

function resizedFormat(format: TensorFormat, size: readonly [number, number]): TensorFormat {
  requireNumbers(format);
  const { shape } = format;
  return withFormat(format, { dtype: 'float32', shape: shape && [...shape.slice(0, -2), ...size] });
}

interface Frame {
  readonly width: number;
  readonly height: number;
}

function stretch(masks: Tensor, { width, height }: Frame): Tensor {
  const [inHeight, inWidth] = masks.shape.slice(-2);
  const count = masks.shape[0];
  const values = Float32Array.from(numbersOf(masks));
  const out = new Float32Array(count * width * height);
  for (let mask = 0; mask < count; mask++) {
    const one = values.subarray(mask * inWidth * inHeight, (mask + 1) * inWidth * inHeight);
    out.set(resample(one, [inHeight, inWidth, 1], [height, width], 'bilinear'), mask * width * height);
  }
  return { dtype: 'float32', shape: [...masks.shape.slice(0, -2), height, width], data: out };
}

/** Draws one small mask into its box, interpolated; pixels outside the box are 0. */
function paste(
  mask: NumberArray,
  [inHeight, inWidth]: readonly number[],
  box: NumberArray,
  out: Float32Array,
  { width, height }: Frame,
): void {
  const [x1, y1, x2, y2] = box;
  const firstX = Math.max(0, Math.floor(x1));
  const lastX = Math.min(width, Math.ceil(x2));
  const lastY = Math.min(height, Math.ceil(y2));
  for (let y = Math.max(0, Math.floor(y1)); y < lastY; y++) {
    const v = clamp(((y + 0.5 - y1) / (y2 - y1)) * inHeight - 0.5, inHeight);
    const top = Math.floor(v);
    const bottom = Math.min(top + 1, inHeight - 1);
    for (let x = firstX; x < lastX; x++) {
      const u = clamp(((x + 0.5 - x1) / (x2 - x1)) * inWidth - 0.5, inWidth);
      const left = Math.floor(u);
      const right = Math.min(left + 1, inWidth - 1);
      const upper = mask[top * inWidth + left] * (left + 1 - u) + mask[top * inWidth + right] * (u - left);
      const lower =
        mask[bottom * inWidth + left] * (left + 1 - u) + mask[bottom * inWidth + right] * (u - left);
      out[y * width + x] = upper * (top + 1 - v) + lower * (v - top);
    }
  }
}

/** Beyond the centres of the outermost pixels the value is theirs: there is nothing to interpolate. */
function clamp(place: number, size: number): number {
  return Math.min(Math.max(place, 0), size - 1);
}

function pasteAll(masks: Tensor, boxes: Tensor, frame: Frame): Tensor {
  const [inHeight, inWidth] = masks.shape.slice(-2);
  const values = numbersOf(masks);
  const corners = numbersOf(boxes);
  const pixels = frame.width * frame.height;
  const out = new Float32Array(masks.shape[0] * pixels);
  for (let mask = 0; mask < masks.shape[0]; mask++) {
    paste(
      values.subarray(mask * inWidth * inHeight, (mask + 1) * inWidth * inHeight),
      [inHeight, inWidth],
      corners.subarray(4 * mask, 4 * mask + 4),
      out.subarray(mask * pixels, (mask + 1) * pixels),
      frame,
    );
  }
  return { dtype: 'float32', shape: [...masks.shape.slice(0, -2), frame.height, frame.width], data: out };
}

function resizeItem(item: Item, on: string, boxes: string | undefined, frame: Frame): Item {
  const masks = item[on];
  requireMasks(on, masks.shape);
  if (masks.shape.slice(-2).includes(0))
    throw new FormatError(`cannot resize masks ${formatShape(masks.shape)}`);
  if (boxes === undefined) return { [on]: stretch(masks, frame) };
  requireSameRows(item);
  if (item[boxes].shape[1] !== 4) {
    throw new FormatError(`needs boxes [detections, 4] as "${boxes}", got ${formatShape(item[boxes].shape)}`);
  }
  return { ...item, [on]: pasteAll(masks, item[boxes], frame) };
}

export const resizeMasks = defineBuiltInFlow({
  name: 'resize-masks',
  description:
    'Soft masks at another size, as float32: stretched to it, or, for masks that cover only the box of their detection, put where the box is, 0 around it. In lists, picture by picture.',
  itemwise: true,
  parameters: z.strictObject({
    width: z.int().min(1).max(MAX_SIDE).describe('Width of the result in pixels'),
    height: z.int().min(1).max(MAX_SIDE).describe('Height of the result in pixels'),
    boxes: valueName
      .optional()
      .describe(
        'Value with the boxes [detections, 4] (x1, y1, x2, y2 in pixels of the result) that the masks cover',
      ),
  }),
  format: (flow, { width, height, boxes }, { on, as }) => {
    const names = boxes === undefined ? [on] : [on, boxes];
    const changed = changeItemFormats(flow, names, (item) => {
      requireMasks(on, item[on].shape);
      return { ...item, [on]: resizedFormat(item[on], [height, width]) };
    });
    return as === on ? changed : new Map(flow).set(as, changed.get(on)!);
  },
  apply: (flow, { width, height, boxes }, { on, as }) => {
    const names = boxes === undefined ? [on] : [on, boxes];
    const changed = changeItems(flow, names, (item) => resizeItem(item, on, boxes, { width, height }));
    return as === on ? changed : new Map(flow).set(as, changed.get(on)!);
  },
});
