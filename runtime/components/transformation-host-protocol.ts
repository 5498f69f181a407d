import { type MessagePort } from 'node:worker_threads';
import { type FlowFormat } from '../formats/format';
import { type StepNames } from '../transformations/transformation';
import { type Flow } from '../tensor/tensor';
import { type OutputStream } from './component-output';
import { type Thrown } from './describe-thrown';

/** A component whose code a thread runs. */
export interface HostedComponent {
  readonly name: string;
  /** The module that exports the definition; relative paths start at the working directory. */
  readonly entry: string;
  /** The folder of its package, to which the paths in messages are relative. Default: the folder of `entry`. */
  readonly directory?: string;
}

/** What the thread is started with. */
export interface HostThreadData {
  readonly components: readonly HostedComponent[];
  /** Steps whose parameters were taken before this thread was started, by handle. */
  readonly steps: readonly HostedStep[];
  /** Woken (index 0) when an answer lies in the question port. */
  readonly signal: Int32Array;
  readonly questions: MessagePort;
}

/** A step of the pipeline: which component, and its parameters as the document has them. */
export interface HostedStep {
  readonly component: string;
  readonly parameters: Record<string, unknown>;
}

/** Asked at load, answered while the caller waits. */
export type HostQuestion =
  | { readonly ask: 'parse'; readonly step: HostedStep }
  | { readonly ask: 'format'; readonly handle: number; readonly flow: FlowFormat; readonly names: StepNames };

export type HostAnswer =
  | { readonly parsed: number }
  | { readonly problems: readonly { path: string; message: string }[] }
  | { readonly flow: FlowFormat }
  | { readonly refused: string }
  | { readonly failed: string };

/** A question or its answer; the number tells a late answer from the one that is waited for. */
export interface Numbered<T> {
  readonly id: number;
  readonly content: T;
}

/** One data step. */
export interface HostJob {
  readonly id: number;
  readonly handle: number;
  readonly flow: Flow;
  readonly names: StepNames;
}

/** A message to a thread: a job, or a step whose parameters another thread of the component has taken. */
export type HostMessage = HostJob | { readonly take: HostedStep };

export type HostReport =
  | { readonly kind: 'loaded' }
  | { readonly kind: 'load-failed'; readonly message: string }
  | { readonly kind: 'done'; readonly id: number; readonly flow: Flow }
  | { readonly kind: 'threw'; readonly id: number; readonly thrown: Thrown }
  | {
      readonly kind: 'output';
      readonly component: string;
      readonly stream: OutputStream;
      readonly text: string;
    };
