import { type MessagePort } from 'node:worker_threads';
import { type FlowFormat } from '../formats/format';
import { type StepNames } from '../transformations/transformation';
import { type Flow } from '../tensor/tensor';

/** What the thread is started with. */
export interface HostThreadData {
  readonly components: readonly { readonly name: string; readonly entry: string }[];
  /** Steps whose parameters had been taken before the thread was replaced, by handle. */
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

/** One data step. */
export interface HostJob {
  readonly id: number;
  readonly handle: number;
  readonly flow: Flow;
  readonly names: StepNames;
}

export type HostReport =
  | { readonly kind: 'loaded' }
  | { readonly kind: 'load-failed'; readonly message: string }
  | { readonly kind: 'done'; readonly id: number; readonly flow: Flow }
  | { readonly kind: 'threw'; readonly id: number; readonly message: string };
