import { whyNoBatchAxis, whyRowsDiffer } from '../../../runtime/inferencer/batch-axis';
import { type ModelMetadata } from '../../../runtime/formats/model-metadata';
import { type Axis, type TensorFormat } from '../../../runtime/formats/format';
import { tensor } from '../../../runtime/tensor/tensor';

const format = (shape?: Axis[]): TensorFormat => ({ kind: 'tensor', dtype: 'float32', shape });

function metadata(
  inputs: Record<string, Axis[] | undefined>,
  outputs: Record<string, Axis[] | undefined>,
): ModelMetadata {
  const formats = (shapes: Record<string, Axis[] | undefined>) =>
    Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, format(shape)]));
  return { inputs: formats(inputs), outputs: formats(outputs) };
}

it.each([
  ['one name for all', metadata({ a: ['n', 3], b: ['n'] }, { y: ['n', 'm'] })],
  ['no name for any', metadata({ a: ['a.0', 3] }, { y: ['y.0'] })],
])('takes axis 0 for a batch that has %s', (_, model) => {
  expect(whyNoBatchAxis(model)).toBeUndefined();
});

it.each([
  [metadata({ x: [1, 3] }, { y: [1] }), "axis 0 of input 'x' is always 1"],
  [metadata({ x: ['n'], t: [] }, { y: ['n'] }), "input 't' is a scalar"],
  [metadata({ x: ['n'] }, { y: ['boxes', 4] }), "axis 0 of output 'y' is 'boxes', that of input 'x' is 'n'"],
  [
    metadata({ x: ['n'] }, { y: ['y.0', 4] }),
    "axis 0 of output 'y' is without a name, that of input 'x' is 'n'",
  ],
  [metadata({ x: ['n'] }, { y: undefined }), "output 'y' has an unknown number of axes"],
  [metadata({}, {}), 'it has no inputs and outputs'],
])('says why axis 0 is no batch (%#)', (model, reason) => {
  expect(whyNoBatchAxis(model)).toBe(reason);
});

describe('comparing a batch with its rows', () => {
  const floats = (shape: number[], ...values: number[]) => ({
    y: tensor('float32', shape, Float32Array.from(values)),
  });

  it('accepts rounding, infinities and NaN', () => {
    const single = [floats([1, 2], 100, NaN), floats([1, 2], Infinity, 0)];
    expect(whyRowsDiffer(floats([2, 2], 100.01, NaN, Infinity, 1e-6), single)).toBeUndefined();
  });

  it.each([
    ['a value', floats([2, 1], 1, 2.1), "row 1 of output 'y' depends on the other rows of its batch"],
    ['a NaN', floats([2, 1], NaN, 2), "row 0 of output 'y' depends on the other rows of its batch"],
    ['the number of rows', floats([1, 1], 1), "output 'y' has 1 rows for a batch of 2"],
  ])('sees a difference in %s', (_, batch, reason) => {
    expect(whyRowsDiffer(batch, [floats([1, 1], 1), floats([1, 1], 2)])).toBe(reason);
  });

  it('compares whole numbers and texts exactly, and halves by their nearness', () => {
    const ints = (...values: number[]) => ({ y: tensor('int32', [values.length], Int32Array.from(values)) });
    expect(whyRowsDiffer(ints(100000, 2), [ints(100001), ints(2)])).toMatch(/row 0/);
    const texts = (...values: string[]) => ({
      y: tensor(
        'string',
        [values.length],
        values.map((text) => Buffer.from(text)),
      ),
    });
    expect(whyRowsDiffer(texts('a', 'b'), [texts('a'), texts('c')])).toMatch(/row 1/);
    expect(whyRowsDiffer(texts('a', 'b'), [texts('a'), texts('b')])).toBeUndefined();
    const halves = (...bits: number[]) => ({ y: tensor('float16', [bits.length], Uint16Array.from(bits)) });
    expect(whyRowsDiffer(halves(0x3c01, 0x8001), [halves(0x3c00), halves(0x0001)])).toBeUndefined();
    expect(whyRowsDiffer(halves(0x3c00, 0), [halves(0x3d00), halves(0)])).toMatch(/row 0/);
  });
});
