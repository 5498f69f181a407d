import { z } from 'zod';
import { type TypedArray } from '../../tensor/dtype';
import { elementCount, formatShape } from '../../tensor/shape';
import { isTensor, type Flow, type Tensor, type Value } from '../../tensor/tensor';
import { tensorOfParts } from '../../tensor/tensor-parts';
import { requireValue } from '../flow-values';
import {
  FormatError,
  withFormat,
  type FlowFormat,
  type TensorFormat,
  type ValueFormat,
} from '../../formats/format';
import { requireNumbers } from '../../formats/number-format';
import { valueName, valueNames } from '../parameters';
import { defineBuiltInFlow } from '../tensor-transformation';
import { toBinaryMask } from './binary-mask';
import { changeItems } from './per-item';

/** Elements processed before other requests get a turn. */
const AT_ONCE_ELEMENTS = 1024 * 1024;

const parameters = z.strictObject({
  values: valueNames
    .min(1)
    .default(['labels', 'boxes', 'scores', 'masks'])
    .describe('Values that have a row for each detection'),
  counts: valueName
    .default('results')
    .describe('Name of the value that gets the number of detections a picture'),
  masks: valueName.default('masks').describe('Which of the values, if any, holds masks: they become 0 and 1'),
  maskAbove: z.number().default(0.5).describe('Limit above which a pixel of a soft mask is 1'),
});
type Parameters = z.output<typeof parameters>;

function gatheredFormat(name: string, format: ValueFormat, { masks }: Parameters): TensorFormat {
  const item = format.kind === 'list' ? format.item : format;
  if (item.shape?.length === 0) {
    throw new FormatError(`needs one row for each detection as "${name}", got a scalar`);
  }
  if (name === masks) requireNumbers(item);
  const dtype = name === masks ? 'uint8' : item.dtype;
  const shape = item.shape?.with(0, `all(${item.shape[0]})`);
  return withFormat(item, { dtype, shape: format.kind === 'list' ? shape : item.shape });
}

function itemsOf(flow: Flow, name: string): readonly Tensor[] {
  const value = requireValue(flow, name);
  return isTensor(value) ? [value] : value;
}

/** @throws FormatError when the rows of the items cannot be concatenated. */
function joinedShape(name: string, items: readonly Tensor[]): number[] {
  const [first] = items;
  if (first === undefined) throw new FormatError(`has no pictures: "${name}" is an empty list`);
  for (const { dtype, shape } of items) {
    const fits = dtype === first.dtype && formatShape(shape.slice(1)) === formatShape(first.shape.slice(1));
    if (shape.length > 0 && fits) continue;
    throw new FormatError(
      `cannot join "${name}" of pictures that differ: ${first.dtype} ${formatShape(first.shape)} and ${dtype} ${formatShape(shape)}`,
    );
  }
  return [items.reduce((rows, { shape }) => rows + shape[0], 0), ...first.shape.slice(1)];
}

/** The rows of all items, without a copy until they are read or written into an answer. */
function join(items: readonly Tensor[], shape: readonly number[]): Tensor {
  const { dtype } = items[0];
  if (items.length === 1) return items[0];
  if (dtype === 'string') return { dtype, shape, data: items.flatMap(({ data }) => data as Uint8Array[]) };
  return tensorOfParts(
    dtype,
    shape,
    items.map(({ data }) => data as TypedArray),
  );
}

interface Gathering extends Parameters {
  /** Whether the masks of all items are already bytes of 0 and 1. */
  readonly isPrepared?: boolean;
}

/** A generator, so that its caller can let others run in between: it yields the number of elements processed. */
function* gather(
  flow: Flow,
  { values, counts, masks, maskAbove, isPrepared }: Gathering,
): Generator<number, Flow> {
  const first = itemsOf(flow, values[0]);
  const gathered = new Map<string, Value>([[counts, countsOf(first)]]);
  for (const name of values) {
    const items = itemsOf(flow, name);
    if (items.length !== first.length || items.some(({ shape }, i) => shape[0] !== first[i].shape[0])) {
      throw new FormatError(
        `needs as many rows as "${values[0]}" has for each picture, "${name}" has others`,
      );
    }
    const shape = joinedShape(name, items);
    const ready: Tensor[] = [];
    for (const item of items) {
      if (name !== masks || isPrepared) ready.push(item);
      else {
        ready.push(toBinaryMask(item, maskAbove));
        yield elementCount(item.shape);
      }
    }
    gathered.set(name, join(ready, shape));
  }
  return gathered;
}

function countsOf(items: readonly Tensor[]): Tensor {
  const counts = BigInt64Array.from(items, ({ shape }) => BigInt(shape[0] ?? 0));
  return { dtype: 'int64', shape: [items.length], data: counts };
}

function elementsOf(flow: Flow, { values }: Parameters): number {
  const items = values.flatMap((name) => itemsOf(flow, name));
  return items.reduce((sum, { shape }) => sum + elementCount(shape), 0);
}

async function inTurns(steps: Generator<number, Flow>): Promise<Flow> {
  let done = 0;
  for (;;) {
    const { value, done: isOver } = steps.next();
    if (isOver) return value;
    done += value;
    if (done < AT_ONCE_ELEMENTS) continue;
    done = 0;
    await new Promise(setImmediate);
  }
}

function atOnce(steps: Generator<number, Flow>): Flow {
  for (;;) {
    const { value, done } = steps.next();
    if (done) return value;
  }
}

export const gatherDetections = defineBuiltInFlow({
  name: 'gather-detections',
  description:
    'Joins the detections of all pictures into tensors that an answer can carry, the pictures one after the other, and adds how many each picture has, as int64. Masks become uint8 of 0 and 1. Other values are dropped.',
  ignoresOn: true,
  parameters,
  format(flow: FlowFormat, values) {
    const formats = values.values.map((name) => [name, requireValue(flow, name)] as const);
    if (values.values.includes(values.counts)) {
      throw new FormatError(`would replace the value "${values.counts}"; name the counts otherwise`);
    }
    const kinds = new Set(formats.map(([, { kind }]) => kind));
    if (kinds.size > 1) throw new FormatError('needs all values as lists or all as single tensors');
    const [[, first]] = formats;
    const pictures = first.kind === 'list' ? first.length : 1;
    return new Map<string, ValueFormat>([
      [values.counts, { kind: 'tensor', dtype: 'int64', shape: [pictures] }],
      ...formats.map(([name, format]) => [name, gatheredFormat(name, format, values)] as const),
    ]);
  },
  apply(flow, values) {
    const steps = gather(flow, values);
    return elementsOf(flow, values) > AT_ONCE_ELEMENTS ? inTurns(steps) : atOnce(steps);
  },
  applyPrepared: (flow, values) => atOnce(gather(flow, { ...values, isPrepared: true })),
  prepareItem: (flow, { values, masks, maskAbove }) =>
    values.includes(masks)
      ? changeItems(flow, [masks], (item) => ({ [masks]: toBinaryMask(item[masks], maskAbove) }))
      : flow,
});
