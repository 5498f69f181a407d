import { type ModelMetadata } from '../../runtime/formats/model-metadata';
import { allocateData } from '../../runtime/tensor/dtype';
import { elementCount } from '../../runtime/tensor/shape';
import { type NamedTensors, type Tensor } from '../../runtime/tensor/tensor';

/** Sizes of the open axes, and what is in the tensors. */
interface FeedKind {
  readonly size: (axis: string) => number;
  readonly value: (index: number, isWhole: boolean) => number;
}

const INT_MIN = -(2 ** 31);
const two = (): number => 2;
const KINDS: Readonly<Record<string, FeedKind>> = {
  ordinary: { size: two, value: (index) => index % 2 },
  empty: { size: () => 0, value: () => 0 },
  'empty first axis': { size: (axis) => (axis === 'N' || axis === 'T' ? 0 : 2), value: () => 0 },
  'empty other axes': { size: (axis) => (axis === 'N' ? 2 : 0), value: () => 1 },
  one: { size: () => 1, value: () => 1 },
  huge: { size: two, value: (index, isWhole) => (isWhole ? 2 ** 31 - 1 - (index % 2) : 3e38) },
  NaN: { size: two, value: (_, isWhole) => (isWhole ? 0 : NaN) },
  infinite: { size: two, value: (index, isWhole) => (isWhole ? -1 : index % 2 === 0 ? Infinity : -Infinity) },
  'smallest by -1': {
    size: () => 1,
    value: (index, isWhole) => (isWhole ? (index === 0 ? INT_MIN : -1) : -1),
  },
  'smallest whole': { size: two, value: (_, isWhole) => (isWhole ? INT_MIN : 1e-38) },
  zeros: { size: two, value: () => 0 },
  'minus one': { size: two, value: () => -1 },
  large: { size: () => 40, value: (index) => index % 3 },
};

export const FEED_KINDS = Object.keys(KINDS);

/** Inputs of this kind for a model. */
export function makeOperatorFeeds(metadata: ModelMetadata, kind: string): NamedTensors {
  const { size, value } = KINDS[kind];
  const feeds: Record<string, Tensor> = {};
  for (const [position, [name, { dtype = 'float32', shape = [] }]] of Object.entries(
    metadata.inputs,
  ).entries()) {
    const sizes = shape.map((axis) => (typeof axis === 'number' ? axis : size(axis)));
    const length = elementCount(sizes);
    if (dtype === 'string') {
      feeds[name] = {
        dtype,
        shape: sizes,
        data: Array.from({ length }, (_, i) => Buffer.from('ab'.repeat(i % 3))),
      };
      continue;
    }
    const data = allocateData(dtype, length);
    const isWhole = !dtype.startsWith('float');
    for (let index = 0; index < length; index++) {
      // The second input of 'smallest by -1' is the -1.
      const number = value(position + index, isWhole);
      if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
        data[index] = number === INT_MIN ? -(2n ** 63n) : BigInt(Math.trunc(number));
      } else data[index] = number;
    }
    feeds[name] = { dtype, shape: sizes, data };
  }
  return feeds;
}
