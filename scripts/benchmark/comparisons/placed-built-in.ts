import { resolveBuiltIn } from '../../../runtime/transformations/built-in-step';
import { type PlacedStep } from '../../../runtime/inferencer/model-side/model-steps';
import { type BuiltInName } from '../../../runtime/transformations/built-ins';

/** A built-in step on one value, as the model's thread gets it. @param written parameters as in a document */
export function placedBuiltIn(
  use: BuiltInName,
  written: Record<string, unknown> = {},
  on = '',
  isPreparation = false,
): PlacedStep {
  const parsed = resolveBuiltIn({ use })!.parse(written);
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  return { use, label: use, parameters: parsed.parameters, names: { on, as: on }, isPreparation };
}
