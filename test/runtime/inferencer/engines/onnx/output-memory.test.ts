import { Tensor as OrtTensor, type InferenceSession } from 'onnxruntime-node';
import { type TensorFormat } from '../../../../../runtime/formats/format';
import { OutputMemory } from '../../../../../runtime/inferencer/engines/onnx/output-memory';
import { elementCount } from '../../../../../runtime/tensor/shape';

const float32 = (...shape: (number | string)[]): TensorFormat => ({
  kind: 'tensor',
  dtype: 'float32',
  shape,
});
const formats = {
  small: float32(4),
  free: float32('n', 20_000),
  large: float32(20_000),
  huge: float32(40_000),
};

function outputs(sizes: Record<keyof typeof formats, number[]>): InferenceSession.OnnxValueMapType {
  const results = Object.entries(sizes).map(([name, dims]) => [
    name,
    new OrtTensor('float32', new Float32Array(elementCount(dims)), dims),
  ]);
  return Object.fromEntries(results) as InferenceSession.OnnxValueMapType;
}

const declared = { small: [4], free: [1, 20_000], large: [20_000], huge: [40_000] };

describe('memory for outputs', () => {
  it('is given for those that are large and of a size that does not change, once a run has shown so', () => {
    const memory = new OutputMemory(formats, Infinity);
    expect(memory.fetches()).toEqual(['small', 'free', 'large', 'huge']);
    memory.learn(outputs(declared));
    expect(memory.fetches()).toMatchObject({
      small: null,
      free: null,
      large: { dims: [20_000] },
      huge: { dims: [40_000] },
    });
  });

  it('is fresh for each run: an answer keeps its own', () => {
    const memory = new OutputMemory(formats, Infinity);
    memory.learn(outputs(declared));
    const [first, second] = [memory.fetches(), memory.fetches()] as unknown as Record<string, OrtTensor>[];
    expect((first.large.data as Float32Array).buffer).not.toBe((second.large.data as Float32Array).buffer);
  });

  it('is not given for an output that was of another size than declared', () => {
    const memory = new OutputMemory(formats, Infinity);
    memory.learn(outputs({ ...declared, large: [10_000] }));
    expect(memory.fetches()).toMatchObject({ large: null, huge: { dims: [40_000] } });
  });

  it('is left to the engine beyond a size', () => {
    const memory = new OutputMemory(formats, 100_000);
    memory.learn(outputs(declared));
    expect(memory.fetches()).toMatchObject({ large: { dims: [20_000] }, huge: null });
  });
});
