import { drawText } from './draw-text';

/** What is drawn on a picture for one detection. */
export interface Annotation {
  /** x1, y1, x2, y2 in pixels. */
  readonly box: readonly number[];
  /** [height · width], above 0 where the detection is. */
  readonly mask: ArrayLike<number>;
  readonly label: string;
}

const BOX = [255, 214, 10] as const;
const MASK = [255, 45, 85] as const;
/** How much of a masked pixel's colour is the mask's. */
const MASK_SHARE = 0.6;
const LINE = 2;
/** Distance of a box from what it is around. */
const MARGIN = 4;

/** A copy of the picture [height, width, 3] with masks tinted, boxes drawn around them, and their labels above. */
export function annotatePicture(
  pixels: Uint8Array,
  width: number,
  height: number,
  annotations: readonly Annotation[],
): Uint8Array {
  const drawn = pixels.slice();
  for (const { mask } of annotations) tint(drawn, mask);
  for (const { box, label } of annotations) {
    const [left, top, right, bottom] = [
      Math.max(0, Math.floor(box[0]) - MARGIN),
      Math.max(0, Math.floor(box[1]) - MARGIN),
      Math.min(width, Math.ceil(box[2]) + MARGIN),
      Math.min(height, Math.ceil(box[3]) + MARGIN),
    ];
    for (const [x, y, w, h] of [
      [left, top, right - left, LINE],
      [left, bottom - LINE, right - left, LINE],
      [left, top, LINE, bottom - top],
      [right - LINE, top, LINE, bottom - top],
    ]) {
      fill(drawn, width, x, y, w, h);
    }
    drawText(label, left, top >= 24 ? top - 22 : bottom + 4, (x, y, w, h) => {
      if (x + w <= width && y + h <= height) fill(drawn, width, x, y, w, h);
    });
  }
  return drawn;
}

function tint(pixels: Uint8Array, mask: ArrayLike<number>): void {
  for (let at = 0; at < mask.length; at++) {
    if (!(mask[at] > 0)) continue;
    for (let c = 0; c < 3; c++) {
      pixels[3 * at + c] = Math.round(pixels[3 * at + c] * (1 - MASK_SHARE) + MASK[c] * MASK_SHARE);
    }
  }
}

function fill(pixels: Uint8Array, width: number, left: number, top: number, w: number, h: number): void {
  for (let y = top; y < top + h; y++) {
    for (let x = left; x < left + w; x++) pixels.set(BOX, 3 * (y * width + x));
  }
}
