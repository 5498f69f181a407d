import { annotate } from './annotate';
import { appendColumn } from './append-column';
import { argmax } from './argmax';
import { cast } from './cast';
import { clip } from './clip';
import { concat } from './concat';
import { filterDetections } from './detection/filter-detections';
import { gatherDetections } from './detection/gather-detections';
import { nonMaximumSuppression } from './detection/non-maximum-suppression';
import { packMasks } from './detection/pack-masks';
import { resizeMasks } from './detection/resize-masks';
import { drop } from './drop';
import { expand } from './expand';
import { colourOrder } from './image/colour-order';
import { crop } from './image/crop';
import { decodeImage } from './image/decode-image';
import { imageToFloat } from './image/image-to-float';
import { letterbox } from './image/letterbox';
import { resize } from './image/resize';
import { splitBatch } from './image/split-batch';
import { normalize } from './normalize';
import { rename } from './rename';
import { reshape } from './reshape';
import { scale } from './scale';
import { select } from './select';
import { sigmoid } from './sigmoid';
import { slice } from './slice';
import { softmax } from './softmax';
import { squeeze } from './squeeze';
import { stack } from './stack';
import { threshold } from './threshold';
import { transpose } from './transpose';
import { vectorLength } from './vector-length';
import { window } from './window';

/** Every transformation that is built in, by the name that a document writes after `use:`. */
export const BUILT_INS = {
  annotate,
  'append-column': appendColumn,
  argmax,
  cast,
  clip,
  'colour-order': colourOrder,
  concat,
  crop,
  'decode-image': decodeImage,
  drop,
  expand,
  'filter-detections': filterDetections,
  'gather-detections': gatherDetections,
  'image-to-float': imageToFloat,
  letterbox,
  'non-maximum-suppression': nonMaximumSuppression,
  normalize,
  'pack-masks': packMasks,
  rename,
  reshape,
  resize,
  'resize-masks': resizeMasks,
  scale,
  select,
  sigmoid,
  slice,
  softmax,
  'split-batch': splitBatch,
  squeeze,
  stack,
  threshold,
  transpose,
  'vector-length': vectorLength,
  window,
} as const;

export type BuiltIns = typeof BUILT_INS;
export type BuiltInName = keyof BuiltIns;

export function isBuiltInName(name: string): name is BuiltInName {
  return Object.hasOwn(BUILT_INS, name);
}
