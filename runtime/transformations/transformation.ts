import { type z } from 'zod';
import { type Problem } from '../../contracts/program/problem';
import { type Flow, type Value } from '../tensor/tensor';
import { type FlowFormat, type ValueFormat } from '../formats/format';

interface TransformationBase<P> {
  /** What a pipeline document writes after `use:`; lower case with hyphens for ours. */
  readonly name: string;
  /** One sentence for the documentation. */
  readonly description: string;
  /** Schema of the parameters that the step may carry; unknown ones are refused. */
  readonly parameters: z.ZodType<P>;
  /**
   * Whether the step treats each item of a list independently: it may then run picture by picture, in the model's thread.
   */
  readonly itemwise?: boolean;
}

/** Waits until the request may hold `bytes` more than it brought. They are released when it is answered. */
export type ReserveMemory = (bytes: number) => Promise<void>;

/**
 * A step over one value: the one that the step's `on` names, written back under its `as` (both default to the value of the
 * previous step).
 */
export interface UnaryTransformation<P = unknown> extends TransformationBase<P> {
  readonly over: 'value';
  /**
   * The format of what `apply` returns. Called at load, once a step, and by `mis validate` and synth.
   * @throws FormatError when data of `input`'s format cannot go through.
   */
  format(input: ValueFormat, parameters: P): ValueFormat;
  /**
   * The data step. Pure; called for each request, with data of the checked format. An exception fails that request. Returns
   * a promise only if the work is done elsewhere.
   */
  apply(input: Value, parameters: P): Value | Promise<Value>;
}

/** A step over all named values of the request, which may add, join, rename or drop values. */
export interface FlowTransformation<P = unknown> extends TransformationBase<P> {
  readonly over: 'flow';
  /** Whether the parameters name the values, so that a document need not say `on`. */
  readonly ignoresOn?: boolean;
  /** Whether `apply` calls `reserve` before it takes more memory than the request brought. */
  readonly reservesMemory?: boolean;
  /** As for one value; `on` names the step's value, `as` its result. */
  format(flow: FlowFormat, parameters: P, names: StepNames): FlowFormat;
  apply(flow: Flow, parameters: P, names: StepNames, reserve?: ReserveMemory): Flow | Promise<Flow>;
  /** The part of the step that can run per item beforehand; then `applyPrepared` is called in place of `apply`. */
  readonly prepareItem?: (flow: Flow, parameters: P, names: StepNames) => Flow;
  /** The rest of the step, over prepared items. @default `apply` */
  readonly applyPrepared?: (flow: Flow, parameters: P, names: StepNames) => Flow | Promise<Flow>;
}

/** Names of a step's value and of its result. */
export interface StepNames {
  readonly on: string;
  readonly as: string;
}

export type Transformation<P = unknown> = UnaryTransformation<P> | FlowTransformation<P>;

/** A transformation of any parameter type; its schema checks the parameters. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type AnyTransformation = Transformation<any>;

/**
 * Types a transformation over one value, as a component's module exports it:
 * ```ts
 * export default defineTransformation({
 *   name: 'offset',
 *   description: 'Adds a constant.',
 *   parameters: z.strictObject({ by: z.number() }),
 *   format: (input) => input,
 *   apply: (input, { by }) => mapNumbers(input, (value) => value + by),
 * });
 * ```
 */
export function defineTransformation<P>(
  definition: Omit<UnaryTransformation<P>, 'over'>,
): UnaryTransformation<P> {
  return { over: 'value', ...definition };
}

/** Types a transformation over all named values of a request. */
export function defineFlowTransformation<P>(
  definition: Omit<FlowTransformation<P>, 'over'>,
): FlowTransformation<P> {
  return { over: 'flow', ...definition };
}

/**
 * What the format check needs of a transformation: built-ins are checked in this thread, components in their worker.
 */
export interface CheckableTransformation {
  readonly name: string;
  /** Whether it works on one value or on all; absent where that is not known. */
  readonly over?: 'value' | 'flow';
  /** As {@link FlowTransformation.ignoresOn}. */
  readonly ignoresOn?: boolean;
  /** The parameters with defaults, or their problems (paths relative to the step). */
  parse(
    parameters: Record<string, unknown>,
  ): { readonly parameters: unknown } | { readonly problems: readonly Problem[] };
  /** @throws FormatError as the transformation's format step does. */
  formatFlow(flow: FlowFormat, parameters: unknown, names: StepNames): FlowFormat;
}
