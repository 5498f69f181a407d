import { tensor, type Tensor } from '../../../runtime/tensor/tensor';
import { type OnnxGraph, type ValueName } from '../../onnx/onnx-graph';

/** Constants of one graph; equal ones are one. */
export class GraphConstants {
  private readonly known = new Map<string, ValueName>();

  constructor(private readonly graph: OnnxGraph) {}

  wholes(...values: number[]): ValueName {
    return this.constant(`whole_${values.join('_')}`, () =>
      tensor('int64', [values.length], BigInt64Array.from(values, BigInt)),
    );
  }

  number(value: number): ValueName {
    return this.constant(`number_${value}`, () => tensor('float32', [], Float32Array.of(value)));
  }

  floats(name: string, shape: readonly number[], values: ArrayLike<number>): ValueName {
    return this.constant(name, () => tensor('float32', shape, Float32Array.from(values)));
  }

  private constant(name: string, make: () => Tensor): ValueName {
    let found = this.known.get(name);
    if (found === undefined) this.known.set(name, (found = this.graph.constant(name, make())));
    return found;
  }
}
