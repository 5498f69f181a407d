import { InferenceError } from '../../../runtime/errors';
import { type Inferencer, type PredictOptions } from '../../../runtime/inferencer/inferencer';
import { type NamedTensors } from '../../../runtime/tensor/tensor';
import { type InferNode, type ModelBinding } from '../../../runtime/definition/plan';
import { ListCall, splitByImage, stackItems } from '../../../runtime/pipeline/list-call';
import { tensor, type Flow, type Tensor } from '../../../runtime/tensor/tensor';

const whole = (...values: number[]): Tensor =>
  tensor('int64', [values.length], BigInt64Array.from(values, BigInt));
const floats = (...values: number[]): Tensor => tensor('float32', [values.length], Float32Array.from(values));

describe('items that become one batch', () => {
  it('lie one behind the other in new memory', async () => {
    const items = [floats(1, 2), floats(3, 4)];
    const batch = await stackItems(items);
    expect(batch).toEqual(tensor('float32', [2, 2], Float32Array.of(1, 2, 3, 4)));
  });

  it('are refused when they are not alike', async () => {
    await expect(stackItems([floats(1, 2), floats(3)])).rejects.toThrow(
      'item 1 is float32 [1], item 0 is float32 [2]; the items of a batch are alike',
    );
  });
});

describe('the answer to a batch', () => {
  it('is told apart by image, in any order of its rows', () => {
    const lists = splitByImage(whole(2, 0, 2, 0), { scores: floats(1, 2, 3, 4) }, 3);
    expect(lists.scores).toEqual([floats(2, 4), floats(), floats(1, 3)]);
  });

  it.each([
    [whole(0, 3), floats(1, 2), 'detection 1 is of image 3, the batch has 3'],
    [whole(0, -1), floats(1, 2), 'detection 1 is of image -1, the batch has 3'],
    [whole(0, 1), floats(1), "output 'scores' [1] has no row for each of 2 detections"],
  ])('is refused when its index does not fit: %#', (index, scores, message) => {
    expect(() => splitByImage(index, { scores }, 3)).toThrow(message);
  });
});

/** A model that answers each number with its double, and fails on 13 and waits for 99 until it is given up. */
class Doubler implements Inferencer {
  readonly metadata = { inputs: {}, outputs: {} };
  readonly queueDepth = 0;
  readonly settings = { maxBatchSize: 1, maxQueueDelayMs: 0, maxQueueSize: 8, workers: 1 };
  readonly seen: number[] = [];
  givenUp = 0;

  async predict({ x }: NamedTensors, options?: PredictOptions): Promise<NamedTensors> {
    const [value] = x.data as Float32Array;
    this.seen.push(value);
    if (value === 13) throw new InferenceError('MODEL_REFUSED', 'thirteen');
    if (value === 99) {
      await new Promise((_, reject) =>
        options!.signal!.addEventListener('abort', () => {
          this.givenUp += 1;
          reject(new InferenceError('CANCELLED', 'given up'));
        }),
      );
    }
    return Promise.resolve({ y: floats(2 * value) });
  }

  configure(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

const item = { kind: 'tensor', dtype: 'float32', shape: [1] } as const;
const inputs: ModelBinding[] = [
  { model: 'x', value: 'a', format: { kind: 'list', item, length: 'n' }, modelFormat: item, list: 'each' },
];
const outputs: ModelBinding[] = [{ model: 'y', value: 'b', format: { kind: 'list', item, length: 'n' } }];

function nodeOf(bindings: readonly ModelBinding[]): InferNode {
  const formats = new Map([['b', outputs[0].format]]);
  const reads = bindings.map(({ value }) => value);
  const facts = { path: 'model', label: 'model', reads, writes: ['b'], input: new Map(), output: formats };
  return { kind: 'infer', model: 'm', ...facts, inputs: bindings, outputs };
}

async function run(
  flow: Flow,
  model: Inferencer,
  options: PredictOptions = {},
  bindings = inputs,
): Promise<Flow> {
  const call = new ListCall(nodeOf(bindings), { inferencer: model }, []);
  return call.leave(await call.predict(flow, options), call.keep(flow));
}

describe('a list that goes item by item', () => {
  it('comes out as a list in the same order', async () => {
    const flow = await run(new Map([['a', [floats(1), floats(2)]]]), new Doubler());
    expect(flow.get('b')).toEqual([floats(2), floats(4)]);
  });

  it('fails with the index of the item, and gives the others up', async () => {
    const model = new Doubler();
    const { signal } = new AbortController();
    await expect(
      run(new Map([['a', [floats(99), floats(13), floats(99)]]]), model, { signal }),
    ).rejects.toMatchObject({ code: 'MODEL_REFUSED', message: 'item 1: thirteen' });
    expect(model.givenUp).toBe(2);
  });

  it('is given up with its request', async () => {
    const model = new Doubler();
    const request = new AbortController();
    const answer = run(new Map([['a', [floats(99)]]]), model, { signal: request.signal });
    request.abort();
    await expect(answer).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(model.givenUp).toBe(1);
  });

  it('is refused when it is empty or another list has another length', async () => {
    await expect(run(new Map([['a', []]]), new Doubler())).rejects.toThrow("'a' is an empty list");
    const two = [...inputs, { ...inputs[0], model: 'z', value: 'c' }];
    await expect(
      run(
        new Map([
          ['a', [floats(1)]],
          ['c', [floats(1), floats(2)]],
        ]),
        new Doubler(),
        {},
        two,
      ),
    ).rejects.toThrow("'a' has 1 items, 'c' has 2");
  });
});
