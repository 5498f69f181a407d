import { whyNoBatchAxis } from '../batch-axis';
import { type ModelMetadata } from '../../formats/model-metadata';
import { BuiltInStep } from '../../transformations/built-in-step';
import {
  type InferNode,
  type ModelBinding,
  type Plan,
  type PlanNode,
  type UseNode,
} from '../../definition/plan';
import { type TensorFormat, type ValueFormat } from '../../formats/format';
import { type RunnableTransformation } from '../../transformations/runnable-transformation';
import { type BuiltInName } from '../../transformations/built-ins';
import { type ModelSteps, type PlacedStep, type SteppedInput } from './model-steps';

type Runnable = RunnableTransformation;
type Step = UseNode<Runnable>;

/** From this many elements on a tensor is worth the way to another thread before its steps instead of after them. */
const HEAVY_ELEMENTS = 100_000;

/** A plan whose steps are shared between the main thread and those of the models. */
export interface PlacedPlan {
  /** The steps that stay, around models that have the others inside. */
  readonly plan: Plan<Runnable>;
  /** The steps inside of a model, by its node in the plan; absent where it has none. */
  readonly modelSteps: ReadonlyMap<InferNode, ModelSteps>;
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
  { outputs }: InferNode,
  steps: readonly Step[],
  after: readonly PlacedStep[],
): { formats: Record<string, TensorFormat>; bindings: ModelBinding[] } {
  const { list } = outputs[0];
  const count = after.filter(({ isPreparation }) => !isPreparation).length;
  const flow =
    count > 0 ? steps[count - 1].output : new Map(outputs.map(({ value, format }) => [value, format]));
  const formats: Record<string, TensorFormat> = {};
  const bindings = [...flow].map(([value, format]): ModelBinding => {
    // A preparation may change dtypes that no format says: the step after it checks what it gets.
    formats[value] = itemFormat(format);
    return { model: value, value, format, ...(list && { list }) };
  });
  return { formats, bindings };
}

/** A node with steps inside, and the nodes next to it that stay outside. */
interface PlacedNode {
  readonly before: readonly Step[];
  readonly node: InferNode;
  readonly after: readonly Step[];
  readonly modelSteps: ModelSteps;
}

function placeAround(
  before: readonly Step[],
  node: InferNode,
  after: readonly Step[],
  metadata: ModelMetadata,
): PlacedNode | undefined {
  const { inputs, outputs } = node;
  const lists = inputs.filter(({ list }) => list !== undefined);
  const isBatch = lists.some(({ list }) => list === 'batch');
  if (whyNoBatchAxis(metadata) === undefined && !isBatch) return undefined;
  if (lists.length === 0 && !inputs.some(({ format }) => isHeavy(format))) return undefined;
  // A value that is read after the model as well has to be made outside of it.
  const kept = [...node.output.keys()].filter((name) => !node.writes.includes(name));
  const values = inputs.map(({ value }) => value);
  const bound = new Set(
    values.filter((value) => values.indexOf(value) === values.lastIndexOf(value) && !kept.includes(value)),
  );
  const stayBefore = before.length - countBefore(before, bound);
  const inside = before.slice(stayBefore);
  // Answers of a batch are told apart in the main thread, and values kept past the model are there: so are the steps then.
  const stayAfter = isBatch || kept.length > 0;
  const placedAfter = stayAfter ? { after: [], stay: after } : placeAfter(after);
  const asRow = lists.some(({ list }) => list === 'row');
  if (inside.length === 0 && placedAfter.after.length === 0 && !asRow) return undefined;
  const left = placedOutputs(node, after, placedAfter.after);
  const bindings = isBatch ? outputs : left.bindings;
  return {
    before: before.slice(0, stayBefore),
    node: {
      ...node,
      input: inside.length > 0 ? inside[0].input : node.input,
      inputs: inputs.map((binding) => stepped(binding, inside)),
      outputs: bindings,
      writes: bindings.map(({ value }) => value),
      output: new Map([
        ...[...node.output].filter(([name]) => kept.includes(name)),
        ...bindings.map(({ value, format }) => [value, format] as const),
      ]),
    },
    after: placedAfter.stay,
    modelSteps: {
      inputs: inputs.map((binding) => steppedInput(binding, inside)),
      after: placedAfter.after,
      outputs: isBatch
        ? Object.fromEntries(Object.keys(metadata.outputs).map((name) => [name, name]))
        : Object.fromEntries(outputs.map(({ model, value }) => [model, value])),
      outputFormats: isBatch ? metadata.outputs : left.formats,
    },
  };
}

function isUse(node: PlanNode<Runnable>): node is Step {
  return node.kind === 'use';
}

/**
 * Decides which steps run in the thread of a model: those next to it that work on each item of a list alone, or on one
 * tensor that is large, as long as requests could not share a run of the model anyway.
 * @param metadataOf what the file of a model says, by the model's key in the plan
 */
export function placeSteps(plan: Plan<Runnable>, metadataOf: (model: string) => ModelMetadata): PlacedPlan {
  const nodes: PlanNode<Runnable>[] = [];
  const modelSteps = new Map<InferNode, ModelSteps>();
  let steps: Step[] = [];
  let rest = plan.nodes;
  while (rest.length > 0) {
    const [node, ...others] = rest;
    rest = others;
    if (isUse(node)) {
      steps.push(node);
      continue;
    }
    const end = others.findIndex((other) => !isUse(other));
    const after = (end < 0 ? others : others.slice(0, end)).filter(isUse);
    const placed = placeAround(steps, node, after, metadataOf(node.model));
    nodes.push(...(placed?.before ?? steps), placed?.node ?? node);
    if (placed !== undefined) {
      modelSteps.set(placed.node, placed.modelSteps);
      rest = [...placed.after, ...others.slice(after.length)];
    }
    steps = [];
  }
  return { plan: { ...plan, nodes: [...nodes, ...steps] }, modelSteps };
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
