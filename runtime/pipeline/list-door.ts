import { InferenceError, type ErrorCode } from '../errors';
import { type Inferencer, type PredictOptions } from '../inferencer/inferencer';
import { type NamedTensors } from '../tensor/tensor';
import { isTensor, type Flow, type Tensor, type Value } from '../tensor/tensor';
import { type ModelBinding } from '../definition/checked-pipeline';
import { splitByImage, stackItems } from './image-batch';
import { castForModel } from './model-door';

/** What is about one item, and should say which. */
const OF_ONE_ITEM: ReadonlySet<ErrorCode> = new Set([
  'INPUT_MISMATCH',
  'STEP_REFUSED',
  'STEP_FAILED',
  'MODEL_REFUSED',
  'MODEL_FAILED',
]);

/**
 * The way of lists through the model: each item in a run of its own (the inferencer spreads them over its sessions), or all
 * of them in one batch whose answers are told apart by an image index. What comes out are lists.
 */
export class ListDoor {
  constructor(
    private readonly inputs: readonly ModelBinding[],
    private readonly outputs: readonly ModelBinding[],
    private readonly imageIndex: string | undefined,
  ) {}

  /** @throws InferenceError; with the place of the item that it is about. */
  async predict(flow: Flow, inferencer: Inferencer, options: PredictOptions): Promise<Flow> {
    const values = this.inputs.map((binding) => valueOf(binding, flow));
    const length = lengthOf(this.inputs, values);
    if (this.imageIndex !== undefined) {
      return this.predictBatch(values, length, inferencer, options, this.imageIndex);
    }
    const answers = await this.predictEach(values, length, inferencer, options);
    return new Map(this.outputs.map(({ model, value }) => [value, answers.map((answer) => answer[model])]));
  }

  private async predictEach(
    values: readonly Value[],
    length: number,
    inferencer: Inferencer,
    options: PredictOptions,
  ): Promise<NamedTensors[]> {
    // When one item fails nobody needs the others: those that still wait leave the queue.
    const rest = new AbortController();
    const giveUp = (): void => rest.abort();
    if (options.signal?.aborted) giveUp();
    options.signal?.addEventListener('abort', giveUp, { once: true });
    try {
      const runs = Array.from({ length }, async (_, item) => {
        try {
          return await inferencer.predict(this.feedsOf(values, item), { ...options, signal: rest.signal });
        } catch (error) {
          throw aboutItem(item, error);
        }
      });
      return await Promise.all(runs);
    } catch (error) {
      giveUp();
      throw error;
    } finally {
      options.signal?.removeEventListener('abort', giveUp);
    }
  }

  private feedsOf(values: readonly Value[], item: number): NamedTensors {
    const feeds: Record<string, Tensor> = {};
    this.inputs.forEach((binding, i) => {
      const value = values[i];
      const tensor = isTensor(value) ? value : value[item];
      const row = binding.list === 'row' ? { ...tensor, shape: [1, ...tensor.shape] } : tensor;
      feeds[binding.model] = castForModel(binding, row);
    });
    return feeds;
  }

  private async predictBatch(
    values: readonly Value[],
    length: number,
    inferencer: Inferencer,
    options: PredictOptions,
    imageIndex: string,
  ): Promise<Flow> {
    const feeds: Record<string, Tensor> = {};
    for (const [i, binding] of this.inputs.entries()) {
      const value = values[i];
      feeds[binding.model] = castForModel(binding, isTensor(value) ? value : await stackItems(value));
    }
    const answer = await inferencer.predict(feeds, options);
    const outputs = this.outputs.map(({ model, value }) => [value, answer[model]] as const);
    return splitByImage(answer[imageIndex], Object.fromEntries(outputs), length);
  }
}

function valueOf({ model, value }: ModelBinding, flow: Flow): Value {
  const found = flow.get(value);
  if (found !== undefined) return found;
  throw new InferenceError('STEP_FAILED', `there is no value '${value}' for the model's input '${model}'`);
}

/** Items that go into the model: lists that go in together have one length. */
function lengthOf(inputs: readonly ModelBinding[], values: readonly Value[]): number {
  const lists = values.flatMap((value, i) =>
    isTensor(value) ? [] : [{ name: inputs[i].value, length: value.length }],
  );
  const [first] = lists;
  for (const { name, length } of lists) {
    if (length === first.length) continue;
    const got = `'${first.name}' has ${first.length} items, '${name}' has ${length}`;
    throw new InferenceError(
      'STEP_REFUSED',
      `lists of different lengths cannot go into the model together: ${got}`,
    );
  }
  if (first.length > 0) return first.length;
  throw new InferenceError('STEP_REFUSED', `'${first.name}' is an empty list: nothing to go into the model`);
}

function aboutItem(item: number, error: unknown): unknown {
  if (!(error instanceof InferenceError) || !OF_ONE_ITEM.has(error.code)) return error;
  return new InferenceError(error.code, `item ${item}: ${error.message}`, {
    step: error.step,
    cause: error.cause ?? error,
  });
}
