import { type Flow } from '../../tensor/tensor';
import { type FlowTransformation } from '../../transformations/transformation';
import { applyFlow } from '../../transformations/transformation-flow';
import { BUILT_INS } from '../../transformations/built-ins';
import { type PlacedStep } from './model-steps';

/** One or several steps over the model's outputs, ready to run. */
export interface FlowStep {
  readonly label: string;
  /** Whether its time is measured; a preparation's belongs to the step itself, which runs elsewhere. */
  readonly isTimed: boolean;
  apply(flow: Flow): Flow;
}

/** A step as its transformation has it. */
export function placedStep({ use, label, parameters, names, isPreparation }: PlacedStep): FlowStep {
  const transformation = BUILT_INS[use];
  return {
    label,
    isTimed: isPreparation !== true,
    apply: (flow) => {
      const next = isPreparation
        ? (transformation as FlowTransformation).prepareItem!(flow, parameters, names)
        : applyFlow(transformation, flow, parameters, names);
      if (next instanceof Promise) throw new Error('a placed step is done at once');
      return next;
    },
  };
}
