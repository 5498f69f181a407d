import { InferenceError, type ErrorCode } from '../../errors';
import { messageOf } from '../../../contracts/program/problem';
import { castTensor } from '../../tensor/cast';
import { arrayConstructor, type NumericDType } from '../../tensor/dtype';
import { elementCount, formatShape } from '../../tensor/shape';
import { isTensor, type Flow, type Tensor } from '../../tensor/tensor';
import { describeFormat, type TensorFormat } from '../../formats/format';
import { placedStep, type FlowStep } from './flow-step';
import { fuseMaskSteps } from './fuse-masks';
import { fusePixelSteps } from './fuse-pixels';
import { type ItemStep, type ResultMemory } from './item-step';
import { type ModelSteps, type PlacedStep, type SteppedInput } from './model-steps';

type Tensors = Readonly<Record<string, Tensor>>;

/** Memory for one input of the model, taken again and again: nobody reads it once the model has run. */
class InputMemory implements ResultMemory {
  private memory = new Float32Array(0);
  private used = 0;

  /** Room for `length` elements behind those that were taken since the last `reset`. */
  take(length: number): Float32Array {
    const room = this.memory.subarray(this.used, this.used + length);
    this.used += length;
    return room.length === length ? room : new Float32Array(length);
  }

  /** Everything may be written again; there is room for `length` elements. */
  reset(length: number): void {
    this.used = 0;
    if (this.memory.length < length) this.memory = new Float32Array(length);
  }

  /** What was taken, as one array, when `items` lie one behind the other in it. */
  joined(items: readonly Tensor[]): Float32Array | undefined {
    const start = (items[0].data as Float32Array).byteOffset;
    const isHere = items.every(
      ({ data }, i) =>
        (data as Float32Array).buffer === this.memory.buffer &&
        (data as Float32Array).byteOffset === start + i * (items[0].data as Float32Array).byteLength,
    );
    return isHere ? this.memory.subarray(0, this.used) : undefined;
  }
}

/** One input's steps, ready to run. */
class InputSteps {
  readonly steps: readonly ItemStep[];
  private readonly memory = new InputMemory();

  constructor(
    readonly input: SteppedInput,
    private readonly modelFormat: TensorFormat | undefined,
  ) {
    this.steps = fusePixelSteps(input.steps);
  }

  /** What goes into the model. `times` gets the milliseconds of each step. */
  apply(value: Tensor, times: number[]): Tensor {
    const { asRow, isBatch } = this.input;
    const before = times.length;
    for (const _ of this.steps) times.push(0);
    if (!isBatch) {
      this.memory.reset(this.steps.length > 0 ? elementCount(value.shape) : 0);
      const item = this.applySteps(value, times, before);
      return this.assertFits(asRow ? { ...item, shape: [1, ...item.shape] } : item);
    }
    return this.assertFits(
      this.steps.length === 0 ? this.cast(value) : this.applyToBatch(value, times, before),
    );
  }

  /** Pictures of any size may have come; the engine's own words about one that does not fit are harder to read. */
  private assertFits(tensor: Tensor): Tensor {
    const { modelFormat } = this;
    const wanted = modelFormat?.shape;
    const fits =
      wanted === undefined ||
      (wanted.length === tensor.shape.length &&
        wanted.every((axis, i) => typeof axis === 'string' || axis === tensor.shape[i]));
    if (fits) return tensor;
    const got = `${tensor.dtype} ${formatShape(tensor.shape)}`;
    throw new InferenceError(
      'MODEL_REFUSED',
      `the model's input '${this.input.model}' takes ${describeFormat(modelFormat!)}, the steps leave ${got}`,
    );
  }

  private applySteps(item: Tensor, times: number[], first: number): Tensor {
    let current = item;
    this.steps.forEach((step, i) => {
      const startedMs = performance.now();
      current = attempt(step.label, 'STEP_REFUSED', () => step.apply(current, this.memory));
      times[first + i] += performance.now() - startedMs;
    });
    return this.cast(current);
  }

  private applyToBatch(batch: Tensor, times: number[], first: number): Tensor {
    const [rows, ...shape] = batch.shape;
    const slots = elementCount(shape);
    this.memory.reset(elementCount(batch.shape));
    const items = Array.from({ length: rows }, (_, row) => {
      const data = (batch.data as Uint8Array).subarray(row * slots, (row + 1) * slots);
      return this.applySteps({ dtype: batch.dtype, shape, data }, times, first);
    });
    return this.join(items);
  }

  private join(items: readonly Tensor[]): Tensor {
    const [{ dtype, shape }] = items;
    const joined = this.memory.joined(items);
    if (joined !== undefined) return { dtype, shape: [items.length, ...shape], data: joined };
    const data = new (arrayConstructor(dtype as NumericDType))(
      items.length * items[0].data.length,
    ) as Uint8Array;
    items.forEach((item, i) => data.set(item.data as Uint8Array, i * item.data.length));
    return { dtype, shape: [items.length, ...shape], data };
  }

  /** Where a format left the dtype open, numbers are cast to the dtype that the model wants. */
  private cast(tensor: Tensor): Tensor {
    const dtype = this.modelFormat?.dtype;
    if (dtype === undefined || dtype === tensor.dtype) return tensor;
    return attempt(`the model's input '${this.input.model}'`, 'MODEL_REFUSED', () =>
      castTensor(tensor, dtype),
    );
  }
}

/** The steps around a model, in the thread that runs it: from what the session gets to what it gives. */
export class SteppedFlow {
  /** Labels of the steps in the order of `times`; steps that were made one have one label. */
  readonly labels: readonly string[];
  private readonly inputs: readonly InputSteps[];
  private readonly outputSteps: readonly FlowStep[];

  /** @param modelFormats what the model itself says of its inputs, by their names */
  constructor(
    private readonly steps: ModelSteps,
    modelFormats: Readonly<Record<string, TensorFormat>>,
  ) {
    this.inputs = steps.inputs.map((input) => new InputSteps(input, modelFormats[input.model]));
    this.outputSteps = flowSteps(steps.after);
    this.labels = labelsOf(steps);
  }

  get hasStepsAfter(): boolean {
    return this.outputSteps.length > 0;
  }

  /**
   * What goes into the model. It is read until the model has run; then its memory may be taken again.
   * @throws InferenceError that names the step.
   */
  before(feeds: Tensors, times: number[]): Tensors {
    const entries = this.inputs.map((input) => [
      input.input.model,
      input.apply(feeds[input.input.model], times),
    ]);
    return Object.fromEntries(entries) as Tensors;
  }

  /** What the session answers. @throws InferenceError that names the step. */
  after(outputs: Tensors, times: number[]): Tensors {
    const { outputs: names } = this.steps;
    let flow: Flow = new Map(Object.entries(names).map(([output, value]) => [value, outputs[output]]));
    for (const step of this.outputSteps) {
      const startedMs = performance.now();
      flow = attempt(step.label, 'STEP_FAILED', () => step.apply(flow));
      if (step.isTimed) times.push(performance.now() - startedMs);
    }
    return Object.fromEntries([...flow].map(([name, value]) => [name, oneTensor(name, value)]));
  }
}

function oneTensor(name: string, value: Tensor | readonly Tensor[]): Tensor {
  if (isTensor(value)) return value;
  throw new Error(`a placed step left a list of ${value.length} as '${name}'`);
}

/** Labels of the steps before a model in its thread, in the order of their times. */
export function labelsBefore({ inputs }: ModelSteps): string[] {
  return inputs.flatMap(({ steps }) => fusePixelSteps(steps).map(({ label }) => label));
}

/** Labels of the steps around a model in its thread, in the order of their times. */
export function labelsOf(steps: ModelSteps): string[] {
  const timed = flowSteps(steps.after).filter(({ isTimed }) => isTimed);
  return [...labelsBefore(steps), ...timed.map(({ label }) => label)];
}

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

function attempt<T>(label: string, code: ErrorCode, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof InferenceError) throw error;
    throw new InferenceError(code, `${label}: ${messageOf(error)}`, { step: label, cause: error });
  }
}
