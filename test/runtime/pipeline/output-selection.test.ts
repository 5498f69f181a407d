import { type FlowFormat } from '../../../runtime/formats/format';
import { OutputSelection } from '../../../runtime/pipeline/output-selection';
import { tensor, type Value } from '../../../runtime/tensor/tensor';

const one = tensor('float32', [1, 1], Float32Array.of(0.5));
const other = tensor('int64', [2], BigInt64Array.of(1n, 2n));
const output: FlowFormat = new Map([
  ['prediction', { kind: 'tensor', dtype: 'float32', shape: ['batch', 1] }],
]);
const declared = { output, promised: output, outputValues: new Map([['prediction', 'dense']]) };
const byName = { output, promised: output, outputValues: new Map([['prediction', 'prediction']]) };

describe('OutputSelection', () => {
  it('gives a value the name that it was bound to', () => {
    expect([...new OutputSelection(declared).select(new Map<string, Value>([['dense', one]]))]).toEqual([
      ['prediction', one],
    ]);
  });

  it('leaves out what is not declared', () => {
    const flow = new Map<string, Value>([
      ['extra', other],
      ['prediction', one],
    ]);
    expect([...new OutputSelection(byName).select(flow)]).toEqual([['prediction', one]]);
  });

  it('refuses an answer that is not what the document promised', () => {
    expect(() => new OutputSelection(byName).select(new Map<string, Value>([['prediction', other]]))).toThrow(
      "output 'prediction' is int64 [2], declared is float32 [batch, 1]",
    );
  });
});
