import { isTensor, type Flow, type Tensor } from '../tensor/tensor';
import { FormatError, requireTensor, type FlowFormat, type TensorFormat } from '../formats/format';

/** The named value, or its format. @throws FormatError when there is none. */
export function requireValue<V>(flow: ReadonlyMap<string, V>, name: string): V {
  const value = flow.get(name);
  if (value !== undefined) return value;
  throw new FormatError(`there is no value "${name}"; there are: ${[...flow.keys()].join(', ')}`);
}

/** The format of a named tensor. @throws FormatError when there is none, or it is a list. */
export function formatNamed(flow: FlowFormat, name: string): TensorFormat {
  return requireTensor(requireValue(flow, name));
}

/** A named tensor. @throws FormatError when there is none, or it is a list. */
export function tensorNamed(flow: Flow, name: string): Tensor {
  const value = requireValue(flow, name);
  if (isTensor(value)) return value;
  throw new FormatError(`needs one tensor as "${name}", got a list of ${value.length} tensors`);
}

/** A copy of the flow with a value added or replaced. */
export function withValue<V>(flow: ReadonlyMap<string, V>, name: string, value: V): Map<string, V> {
  // Usually a flow has one value, which is replaced: then there is nothing to copy.
  return flow.size === 1 && flow.has(name)
    ? new Map<string, V>().set(name, value)
    : new Map(flow).set(name, value);
}
