import { type Tensor, type Value } from '../../tensor/tensor';
import { type UnaryTransformation } from '../../transformations/transformation';
import { BUILT_INS } from '../../transformations/built-ins';
import { type PlacedStep } from './model-steps';

/** One or several steps over one tensor, ready to run. */
export interface ItemStep {
  /** For messages and the `step` label of metrics. */
  readonly label: string;
  /**
   * The result. `memory` may be taken for it, where the step can use it: memory for as many elements as the result has, or
   * for none.
   */
  apply(item: Tensor, memory?: ResultMemory): Tensor;
}

/** Memory that results may be written to; asked for at most once for each item. */
export interface ResultMemory {
  take(length: number): Float32Array;
}

/** A step as its transformation has it. */
export function plainStep({ use, label, parameters }: PlacedStep): ItemStep {
  const transformation = BUILT_INS[use] as UnaryTransformation;
  return { label, apply: (item) => oneTensor(transformation.apply(item, parameters)) };
}

function oneTensor(value: Value | Promise<Value>): Tensor {
  if (value instanceof Promise || Array.isArray(value))
    throw new Error('a placed step leaves one tensor at once');
  return value as Tensor;
}
