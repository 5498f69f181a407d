import { annotate } from './annotate';
import { appendColumn } from './append-column';
import { argmax } from './argmax';
import { cast } from './cast';
import { clip } from './clip';
import { concat } from './concat';
import { drop } from './drop';
import { expand } from './expand';
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
  concat,
  drop,
  expand,
  normalize,
  rename,
  reshape,
  scale,
  select,
  sigmoid,
  slice,
  softmax,
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
