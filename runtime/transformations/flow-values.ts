import { isTensor, type Flow, type Tensor } from '../tensor/tensor';
import { FormatError, requireTensor, type FlowFormat, type TensorFormat } from '../formats/format';

/** The named value, or its format. @throws FormatError when it is not there. */
export function requireValue<V>(flow: ReadonlyMap<string, V>, name: string): V {
  const value = flow.get(name);
  if (value !== undefined) return value;
  throw new FormatError(`there is no value "${name}"; there are: ${[...flow.keys()].join(', ')}`);
}

/** The format of a named tensor. @throws FormatError when it is not there, or is a list of tensors. */
export function formatNamed(flow: FlowFormat, name: string): TensorFormat {
  return requireTensor(requireValue(flow, name));
}

/** A named tensor. @throws FormatError when it is not there, or is a list of tensors. */
export function tensorNamed(flow: Flow, name: string): Tensor {
  const value = requireValue(flow, name);
  if (isTensor(value)) return value;
  throw new FormatError(`needs one tensor as "${name}", got a list of ${value.length} tensors`);
}

/** The flow with a value more, or another one under its name; the flow that was is not changed. */
export function withValue<V>(flow: ReadonlyMap<string, V>, name: string, value: V): Map<string, V> {
  // A flow of the one value that is replaced is the common case, and needs no copy.
  return flow.size === 1 && flow.has(name)
    ? new Map<string, V>().set(name, value)
    : new Map(flow).set(name, value);
}
