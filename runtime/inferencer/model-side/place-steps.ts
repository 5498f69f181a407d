import { whyNoBatchAxis } from '../batch-axis';
import { type ModelMetadata } from '../../formats/model-metadata';
import { BuiltInStep } from '../../transformations/built-in-step';
import { type CheckedPipeline, type CheckedStep, type ModelBinding } from '../../definition/checked-pipeline';
import { type TensorFormat, type ValueFormat } from '../../formats/format';
import { type RunnableTransformation } from '../../transformations/runnable-transformation';
import { type BuiltInName } from '../../transformations/built-ins';
import { type ModelSteps, type PlacedStep, type SteppedInput } from './model-steps';

type Checked = CheckedPipeline<RunnableTransformation>;
type Step = CheckedStep<RunnableTransformation>;

/** From this many elements on a tensor is worth the way to another thread before its steps instead of after them. */
const HEAVY_ELEMENTS = 100_000;

/** A pipeline whose steps are shared between the thread that serves and the one of the model. */
export interface PlacedPipeline {
  /** The steps that stay, around a model that has the others inside. */
  readonly checked: Checked;
  readonly modelSteps?: ModelSteps;
}

function itemFormat(format: ValueFormat): TensorFormat {
  return format.kind === 'list' ? format.item : format;
}

function isHeavy(format: ValueFormat): boolean {
  const shape = itemFormat(format).shape ?? [];
  let elements = 1;
  for (const axis of shape) if (typeof axis === 'number') elements *= axis;
  return elements >= HEAVY_ELEMENTS;
}

/** The built-in of a step that works item by item, if it is one. */
function itemwise(step: Step): BuiltInStep | undefined {
  const { transformation } = step;
  return transformation instanceof BuiltInStep && transformation.transformation.itemwise === true
    ? transformation
    : undefined;
}

function placed(step: Step, builtIn: BuiltInStep, isPreparation = false): PlacedStep {
  const { label, parameters, names } = step;
  const use = builtIn.transformation.name as BuiltInName;
  return { use, label, parameters, names, ...(isPreparation && { isPreparation }) };
}

/** How many of the steps before the model work on one of its inputs each, item by item: those at the end. */
function countBefore(steps: readonly Step[], bound: ReadonlySet<string>): number {
  const last = steps.findLastIndex((step) => {
    const builtIn = itemwise(step);
    const { on, as } = step.names;
    return builtIn?.transformation.over !== 'value' || on !== as || !bound.has(on);
  });
  return steps.length - 1 - last;
}

/** The steps after the model that work item by item, and what of the next one does. */
function placeAfter(steps: readonly Step[]): { after: PlacedStep[]; stay: readonly Step[] } {
  const after: PlacedStep[] = [];
  for (const [index, step] of steps.entries()) {
    const builtIn = itemwise(step);
    if (builtIn === undefined) {
      const { transformation } = step;
      if (transformation instanceof BuiltInStep && 'prepareItem' in transformation.transformation) {
        after.push(placed(step, transformation, true));
        return {
          after,
          stay: [{ ...step, transformation: transformation.forPrepared() }, ...steps.slice(index + 1)],
        };
      }
      return { after, stay: steps.slice(index) };
    }
    after.push(placed(step, builtIn));
  }
  return { after, stay: [] };
}

function steppedInput(binding: ModelBinding, steps: readonly Step[]): SteppedInput {
  const own = steps.filter(({ names }) => names.on === binding.value);
  const format = own.length > 0 ? own[0].input.get(binding.value)! : binding.format;
  return {
    model: binding.model,
    format: itemFormat(format),
    steps: own.map((step) => placed(step, step.transformation as BuiltInStep)),
    asRow: binding.list === 'row',
    isBatch: binding.list === 'batch',
  };
}

/** What the placed steps leave, and the bindings of a model that has them inside. */
function placedOutputs(
  checked: Checked,
  after: readonly PlacedStep[],
): { formats: Record<string, TensorFormat>; bindings: ModelBinding[] } {
  const { list } = checked.modelOutputs[0];
  const count = after.filter(({ isPreparation }) => !isPreparation).length;
  const flow =
    count > 0
      ? checked.postprocessing[count - 1].output
      : new Map(checked.modelOutputs.map(({ value, format }) => [value, format]));
  const formats: Record<string, TensorFormat> = {};
  const bindings = [...flow].map(([value, format]): ModelBinding => {
    // A preparation may change dtypes that nothing is told of: what the step gets after it is checked by itself.
    formats[value] = itemFormat(format);
    return { model: value, value, format, ...(list && { list }) };
  });
  return { formats, bindings };
}

/**
 * Decides which steps run in the thread of the model: those next to it that work on each item of a list alone, or on one
 * tensor that is large, as long as requests could not share a run of the model anyway.
 */
export function placeSteps(checked: Checked, metadata: ModelMetadata): PlacedPipeline {
  const { modelInputs, preprocessing, postprocessing } = checked;
  const lists = modelInputs.filter(({ list }) => list !== undefined);
  const isBatch = lists.some(({ list }) => list === 'batch');
  if (whyNoBatchAxis(metadata) === undefined && !isBatch) return { checked };
  const values = modelInputs.map(({ value }) => value);
  const bound = new Set(values.filter((value) => values.indexOf(value) === values.lastIndexOf(value)));
  const count = countBefore(preprocessing, bound);
  const before = preprocessing.slice(preprocessing.length - count);
  const heavy = modelInputs.some(({ format }) => isHeavy(format));
  if (lists.length === 0 && !heavy) return { checked };
  // Answers of a batch are told apart in the thread that serves, so the steps after it are there as well.
  const { after, stay } = isBatch ? { after: [], stay: postprocessing } : placeAfter(postprocessing);
  const asRow = lists.some(({ list }) => list === 'row');
  if (before.length === 0 && after.length === 0 && !asRow) return { checked };
  const outputs = placedOutputs(checked, after);
  return {
    checked: {
      ...checked,
      preprocessing: preprocessing.slice(0, preprocessing.length - count),
      modelInputs: modelInputs.map((binding) => stepped(binding, before)),
      modelOutputs: isBatch ? checked.modelOutputs : outputs.bindings,
      postprocessing: stay,
    },
    modelSteps: {
      inputs: modelInputs.map((binding) => steppedInput(binding, before)),
      after,
      outputs: isBatch
        ? Object.fromEntries(Object.keys(metadata.outputs).map((name) => [name, name]))
        : Object.fromEntries(checked.modelOutputs.map(({ model, value }) => [model, value])),
      outputFormats: isBatch ? metadata.outputs : outputs.formats,
    },
  };
}

/** The binding of a value to the first of the steps that are inside the model, which casts for itself. */
function stepped(binding: ModelBinding, before: readonly Step[]): ModelBinding {
  const { modelFormat: _, ...rest } = binding;
  const first = before.find(({ names }) => names.on === binding.value);
  return {
    ...rest,
    format: first?.input.get(binding.value) ?? binding.format,
    ...(binding.list === 'row' && { list: 'each' as const }),
  };
}
