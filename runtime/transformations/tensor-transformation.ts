import { type z } from 'zod';
import { isTensor, type Tensor } from '../tensor/tensor';
import { type TensorFormat } from '../formats/format';
import { type FlowTransformation, type UnaryTransformation } from './transformation';

/** A transformation that keeps the exact types of its name and parameters, for typed documents in TypeScript. */
export type Named<T, N extends string, S extends z.ZodObject> = T & {
  readonly name: N;
  readonly parameters: S;
};

interface TensorTransformationDefinition<N extends string, S extends z.ZodObject> {
  readonly name: N;
  readonly description: string;
  readonly parameters: S;
  /** @throws FormatError when data of this format cannot go through. */
  format(input: TensorFormat, parameters: z.output<S>): TensorFormat;
  apply(input: Tensor, parameters: z.output<S>): Tensor;
}

/** Types a transformation over one tensor. Over a list of tensors it is applied to each of them. */
export function defineTensorTransformation<N extends string, S extends z.ZodObject>(
  definition: TensorTransformationDefinition<N, S>,
): Named<UnaryTransformation<z.output<S>>, N, S> {
  const { name, description, parameters } = definition;
  return {
    over: 'value',
    itemwise: true,
    name,
    description,
    parameters: parameters as S & z.ZodType<z.output<S>>,
    format: (input, values) =>
      input.kind === 'list'
        ? { ...input, item: definition.format(input.item, values) }
        : definition.format(input, values),
    apply: (input, values) =>
      isTensor(input) ? definition.apply(input, values) : input.map((item) => definition.apply(item, values)),
  };
}

/** Types a built-in transformation over all named values, keeping name and schema as they are. */
export function defineBuiltInFlow<N extends string, S extends z.ZodObject>(
  definition: Omit<FlowTransformation<z.output<S>>, 'over' | 'name' | 'parameters'> & {
    readonly name: N;
    readonly parameters: S;
  },
): Named<FlowTransformation<z.output<S>>, N, S> {
  return { over: 'flow', ...definition } as Named<FlowTransformation<z.output<S>>, N, S>;
}
