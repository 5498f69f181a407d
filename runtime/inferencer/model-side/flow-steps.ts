import { placedStep, type FlowStep } from './flow-step';
import { fuseMaskSteps } from './fuse-masks';
import { type PlacedStep } from './model-steps';

/** The steps as they run: filtering detections and preparing their masks are done together. */
export function flowSteps(after: readonly PlacedStep[]): FlowStep[] {
  const steps: FlowStep[] = [];
  for (let at = 0; at < after.length; at++) {
    const fused = fuseMaskSteps(after[at], after[at + 1]);
    if (fused) at++;
    steps.push(fused ?? placedStep(after[at]));
  }
  return steps;
}
