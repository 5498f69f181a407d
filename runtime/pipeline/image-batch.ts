import { InferenceError } from '../errors';
import { arrayConstructor } from '../tensor/dtype';
import { numbersOf } from '../tensor/numbers';
import { elementCount, formatShape } from '../tensor/shape';
import { type Flow, type Tensor } from '../tensor/tensor';
import { takeRows } from '../transformations/detection/rows';

/** Bytes that are copied before other requests get a turn. */
const BYTES_IN_A_TURN = 4 * 1024 * 1024;

/**
 * The items as one batch, in memory of its own.
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
    if (copied < BYTES_IN_A_TURN) continue;
    copied = 0;
    await new Promise(setImmediate);
  }
  return { dtype, shape: [items.length, ...shape], data };
}

/**
 * The rows of each output by the image that they are of, in their order.
 * @param index for each row the place of its image in the batch
 * @throws InferenceError MODEL_FAILED when the index does not fit the outputs or the batch.
 */
export function splitByImage(index: Tensor, outputs: Readonly<Record<string, Tensor>>, length: number): Flow {
  const images = numbersOf(index);
  const places = Array.from({ length }, (): number[] => []);
  images.forEach((image, row) => {
    const own = places[image] as number[] | undefined;
    if (own !== undefined) own.push(row);
    else throw failed(`detection ${row} is of image ${image}, the batch has ${length}`);
  });
  const flow = new Map<string, Tensor[]>();
  for (const [name, tensor] of Object.entries(outputs)) {
    if (tensor.shape[0] !== elementCount(index.shape)) {
      throw failed(
        `output '${name}' ${formatShape(tensor.shape)} has no row for each of ${images.length} detections`,
      );
    }
    flow.set(
      name,
      places.map((own) => takeRows(tensor, own)),
    );
  }
  return flow;
}

function failed(message: string): InferenceError {
  return new InferenceError('MODEL_FAILED', `the model's answer to a batch does not fit it: ${message}`);
}
