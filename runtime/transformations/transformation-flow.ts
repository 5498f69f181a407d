import { type Flow } from '../tensor/tensor';
import { requireValue, withValue } from './flow-values';
import { type FlowFormat } from '../formats/format';
import { type AnyTransformation, type ReserveMemory, type StepNames } from './transformation';

/**
 * A transformation's format step over all named values, whether it works on one of them or on all.
 * @throws FormatError when data of this format cannot go through.
 */
export function formatFlow(
  transformation: AnyTransformation,
  flow: FlowFormat,
  parameters: unknown,
  names: StepNames,
): FlowFormat {
  if (transformation.over === 'flow') return transformation.format(flow, parameters, names);
  return withValue(flow, names.as, transformation.format(requireValue(flow, names.on), parameters));
}

/** A transformation's data step over all named values. The flow that it gets is not changed. */
export function applyFlow(
  transformation: AnyTransformation,
  flow: Flow,
  parameters: unknown,
  names: StepNames,
  reserve?: ReserveMemory,
): Flow | Promise<Flow> {
  if (transformation.over === 'flow') return transformation.apply(flow, parameters, names, reserve);
  const result = transformation.apply(requireValue(flow, names.on), parameters);
  return result instanceof Promise
    ? result.then((value) => withValue(flow, names.as, value))
    : withValue(flow, names.as, result);
}
