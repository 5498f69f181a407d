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
   * Set when the step, over lists, works on the items at each place alone: it may then run picture by picture, in the
   * thread of the model.
   */
  readonly itemwise?: boolean;
}

/** Waits until the request may hold so many bytes more than it brought; they are given back when it is answered. */
export type ReserveMemory = (bytes: number) => Promise<void>;

/**
 * A step over one value: the one named by the step's `on`, written back under its `as` (both default to the value that
 * the step before worked on).
 */
export interface UnaryTransformation<P = unknown> extends TransformationBase<P> {
  readonly over: 'value';
  /**
   * The format of what `apply` returns. Called at load, once a step, and by `mis validate` and synth.
   * @throws FormatError when data of `input`'s format cannot go through.
   */
  format(input: ValueFormat, parameters: P): ValueFormat;
  /**
   * The data step. Pure; called for each request, with data of the checked format. What it throws is that request's
   * error. A promise only where the work is done elsewhere.
   */
  apply(input: Value, parameters: P): Value | Promise<Value>;
}

/** A step over all named values of the request: one that adds, joins, renames or drops some. */
export interface FlowTransformation<P = unknown> extends TransformationBase<P> {
  readonly over: 'flow';
  /** Set when the parameters name the values that the step works on, so that a document need not say `on`. */
  readonly ignoresOn?: boolean;
  /** Set when `apply` asks for memory with `reserve` before it takes more than the request brought. */
  readonly reservesMemory?: boolean;
  /** As for one value; `on` is the value that the step was pointed at, `as` what its result is to be called. */
  format(flow: FlowFormat, parameters: P, names: StepNames): FlowFormat;
  apply(flow: Flow, parameters: P, names: StepNames, reserve?: ReserveMemory): Flow | Promise<Flow>;
  /** What of the step can be done to the values of each item alone before; `applyPrepared` is then called for `apply`. */
  readonly prepareItem?: (flow: Flow, parameters: P, names: StepNames) => Flow;
  /** What is left to do with items that `prepareItem` has prepared. Default: `apply`. */
  readonly applyPrepared?: (flow: Flow, parameters: P, names: StepNames) => Flow | Promise<Flow>;
}

/** What a step works on and what it calls its result. */
export interface StepNames {
  readonly on: string;
  readonly as: string;
}

export type Transformation<P = unknown> = UnaryTransformation<P> | FlowTransformation<P>;

/** Any transformation, its parameter type forgotten: its own schema has checked what it is called with. */
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
 * What the format check needs of a step's transformation, wherever its code runs: built-ins are checked in place,
 * components in the worker that hosts them.
 */
export interface CheckableTransformation {
  readonly name: string;
  /** As {@link FlowTransformation.ignoresOn}. */
  readonly ignoresOn?: boolean;
  /** The parameters with defaults filled in, or one problem for each that is wrong (paths relative to the step). */
  parse(
    parameters: Record<string, unknown>,
  ): { readonly parameters: unknown } | { readonly problems: readonly Problem[] };
  /** @throws FormatError as the transformation's format step does. */
  formatFlow(flow: FlowFormat, parameters: unknown, names: StepNames): FlowFormat;
}
