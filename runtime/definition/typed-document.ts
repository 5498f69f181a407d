import { type z } from 'zod';
import { type BuiltInName, type BuiltIns } from '../transformations/built-ins';
import { type PipelineDocumentInput as AnyPipelineDocumentInput } from './pipeline-document';

/** Data that nobody who is given it changes, so that an author may write it `as const`. */
export type ReadonlyData<T> = T extends readonly (infer Item)[]
  ? readonly ReadonlyData<Item>[]
  : T extends object
    ? { readonly [K in keyof T]: ReadonlyData<T[K]> }
    : T;

interface StepNamesInput {
  /** Value that the step works on. @default - what the step before worked on */
  readonly on?: string;
  /** Name of the result. @default - the name it worked on */
  readonly as?: string;
}

/** A built-in transformation with its parameters. */
export type BuiltInStepInput = {
  readonly [N in BuiltInName]: { readonly use: N } & StepNamesInput &
    ReadonlyData<z.input<BuiltIns[N]['parameters']>>;
}[BuiltInName];

/** A component's transformation with its parameters, which only the component knows. */
export interface ComponentStepInput extends StepNamesInput {
  // `& {}` keeps the names of the built-ins in what an editor offers.

  readonly use: string & {};
  /** Version of the component. @default - the newest */
  readonly version?: string;
  /** Digest that the package must have, `sha256:…`. @default - not checked */
  readonly digest?: string;
  /** Milliseconds after which the step is given up. @default 10000 */
  readonly timeoutMs?: number;
  /** Threads that run the component. @default - one thread that all components of the pipeline share */
  readonly workers?: number;
  readonly [parameter: string]: unknown;
}

export type StepInput = BuiltInStepInput | ComponentStepInput;

/** What an author of a document in TypeScript writes: defaults may be left out, built-in steps are typed. */
export interface PipelineDocumentInput extends ReadonlyData<
  Omit<AnyPipelineDocumentInput, 'preprocessing' | 'postprocessing'>
> {
  readonly preprocessing?: readonly StepInput[];
  readonly postprocessing?: readonly StepInput[];
}
