import { InferenceError, type ErrorCode } from '../errors';
import { type InferNode, type ModelBinding } from '../definition/plan';
import { type PredictOptions } from '../inferencer/inferencer';
import { arrayConstructor } from '../tensor/dtype';
import { numbersOf } from '../tensor/numbers';
import { elementCount, formatShape } from '../tensor/shape';
import { isTensor, type Flow, type NamedTensors, type Tensor, type Value } from '../tensor/tensor';
import { takeRows } from '../transformations/detection/rows';
import { castForModel, ModelCall, type ModelOfNode, type Predicted } from './model-call';

/** Errors that are about one item, and should say which. */
const OF_ONE_ITEM: ReadonlySet<ErrorCode> = new Set([
  'INPUT_MISMATCH',
  'STEP_REFUSED',
  'STEP_FAILED',
  'MODEL_REFUSED',
  'MODEL_FAILED',
]);

/** Bytes that are copied before other requests may run. */
const BYTES_AT_ONCE = 4 * 1024 * 1024;

/**
 * A node that runs a model on lists: each item in a run of its own (the inferencer spreads them over its sessions), or all
 * items in one batch whose answers are told apart by an image index. What comes out are lists.
 */
export class ListCall extends ModelCall {
  private readonly imageIndex: string | undefined;
  private readonly outputNames: readonly string[];

  constructor(node: InferNode, model: ModelOfNode, kept: readonly string[]) {
    super(node, model, kept);
    this.imageIndex = node.imageIndex;
    this.outputNames = node.outputs.map(({ model }) => model);
  }

  /** @throws InferenceError; with the index of the item that it is about. */
  override async predict(flow: Flow, options: PredictOptions): Promise<Predicted> {
    const values = this.inputs.map((binding) => valueOf(binding, flow));
    const length = lengthOf(this.inputs, values);
    const allowed = this.allowed(options);
    if (this.imageIndex !== undefined) return this.predictBatch(values, length, allowed, this.imageIndex);
    const answers = await this.predictEach(values, length, allowed);
    return Object.fromEntries(this.outputNames.map((name) => [name, answers.map((answer) => answer[name])]));
  }

  private async predictEach(
    values: readonly Value[],
    length: number,
    options: PredictOptions,
  ): Promise<NamedTensors[]> {
    // When one item fails the others are not needed any more: those that still wait leave the queue.
    const rest = new AbortController();
    const giveUp = (): void => rest.abort();
    if (options.signal?.aborted) giveUp();
    options.signal?.addEventListener('abort', giveUp, { once: true });
    try {
      const runs = Array.from({ length }, async (_, item) => {
        try {
          return await this.inferencer.predict(this.feedsOf(values, item), {
            ...options,
            signal: rest.signal,
          });
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
    options: PredictOptions,
    imageIndex: string,
  ): Promise<Predicted> {
    const feeds: Record<string, Tensor> = {};
    for (const [i, binding] of this.inputs.entries()) {
      const value = values[i];
      feeds[binding.model] = castForModel(binding, isTensor(value) ? value : await stackItems(value));
    }
    const answer = await this.inferencer.predict(feeds, options);
    const outputs = Object.fromEntries(this.outputNames.map((name) => [name, answer[name]]));
    return splitByImage(answer[imageIndex], outputs, length);
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

/**
 * The items as one batch, in new memory.
 * @throws InferenceError STEP_REFUSED when they differ in dtype or shape.
 */
export async function stackItems(items: readonly Tensor[]): Promise<Tensor> {
  const [{ dtype, shape }] = items;
  items.forEach((item, i) => {
    if (item.dtype === dtype && formatShape(item.shape) === formatShape(shape)) return;
    throw new InferenceError(
      'STEP_REFUSED',
      `item ${i} is ${item.dtype} ${formatShape(item.shape)}, item 0 is ${dtype} ${formatShape(shape)}; the items of a batch are alike`,
    );
  });
  if (dtype === 'string') {
    return {
      dtype,
      shape: [items.length, ...shape],
      data: items.flatMap(({ data }) => data as Uint8Array[]),
    };
  }
  const slots = items[0].data.length;
  const data = new (arrayConstructor(dtype))(items.length * slots) as Uint8Array;
  let copied = 0;
  for (const [i, item] of items.entries()) {
    data.set(item.data as Uint8Array, i * slots);
    copied += (item.data as Uint8Array).byteLength;
    if (copied < BYTES_AT_ONCE) continue;
    copied = 0;
    await new Promise(setImmediate);
  }
  return { dtype, shape: [items.length, ...shape], data };
}

/**
 * The rows of each output by the image that they are of, in their order.
 * @param index for each row the index of its image in the batch
 * @throws InferenceError MODEL_FAILED when the index does not fit the outputs or the batch.
 */
export function splitByImage(
  index: Tensor,
  outputs: Readonly<Record<string, Tensor>>,
  length: number,
): Predicted {
  const images = numbersOf(index);
  const rowsOf = Array.from({ length }, (): number[] => []);
  images.forEach((image, row) => {
    const rows = rowsOf[image] as number[] | undefined;
    if (rows !== undefined) rows.push(row);
    else throw failed(`detection ${row} is of image ${image}, the batch has ${length}`);
  });
  const lists: Record<string, Tensor[]> = {};
  for (const [name, tensor] of Object.entries(outputs)) {
    if (tensor.shape[0] !== elementCount(index.shape)) {
      throw failed(
        `output '${name}' ${formatShape(tensor.shape)} has no row for each of ${images.length} detections`,
      );
    }
    lists[name] = rowsOf.map((rows) => takeRows(tensor, rows));
  }
  return lists;
}

function failed(message: string): InferenceError {
  return new InferenceError('MODEL_FAILED', `the model's answer to a batch does not fit it: ${message}`);
}
