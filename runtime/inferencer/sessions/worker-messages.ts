import { type ErrorCode } from '../../errors';
import { type Problem } from '../../../contracts/program/problem';
import { type ModelMetadata } from '../../formats/model-metadata';
import { SpareBuffers } from './spare-buffers';
import { type SteppedModelOptions } from './stepped-model';
import { type OrtValue } from '../engines/onnx/ort-value';

/** What a model's thread is started with. */
export type WorkerStart = SteppedModelOptions;

export type OrtValues = Readonly<Record<string, OrtValue>>;

/** From the session to its thread. */
export type WorkerRequest =
  { readonly kind: 'run'; readonly id: number; readonly feeds: OrtValues } | { readonly kind: 'close' };

/** From a model's thread to its session: first whether the model could be loaded, then an answer for each run. */
export type WorkerReply =
  | {
      readonly kind: 'opened';
      readonly metadata: ModelMetadata;
      readonly refusesEmpty: boolean;
      /** Milliseconds that loading took. */
      readonly openMs: number;
    }
  | { readonly kind: 'refused'; readonly source: string; readonly problems: readonly Problem[] }
  /** The engine is done with a run; steps after it are left. */
  | { readonly kind: 'free'; readonly id: number }
  | {
      readonly kind: 'answer';
      readonly id: number;
      readonly outputs: OrtValues;
      readonly runMs: number;
      readonly stepMs: readonly number[];
      /** Memory of large inputs, to be used again. */
      readonly spares: readonly ArrayBuffer[];
    }
  | {
      readonly kind: 'failure';
      readonly id: number;
      readonly message: string;
      /** Set when the failure is a step's; otherwise it is the engine's. */
      readonly step?: { readonly code: ErrorCode; readonly label?: string };
    };

/** Something with postMessage: a worker, seen from either side. */
interface Port<M> {
  postMessage(message: M, transfer: readonly ArrayBuffer[]): void;
}

export interface PostOptions {
  /** Memory for copies. Default: fresh memory. */
  readonly spares?: SpareBuffers;
  /** Buffers that the message holds beside the values. */
  readonly also?: readonly ArrayBuffer[];
}

const NO_SPARES = new SpareBuffers();

/**
 * Posts the message that `toMessage` makes of `values` without a copy of what they hold when they are `owned` and fill
 * their buffers, and with one copy of each of the others. (Left alone, a view would take its whole buffer along.)
 */
export function postValues<M>(
  port: Port<M>,
  values: OrtValues,
  owned: boolean,
  toMessage: (values: OrtValues) => M,
  { spares = NO_SPARES, also = [] }: PostOptions = {},
): void {
  if (owned) {
    try {
      const [movable, buffers] = toMovable(values, true, spares);
      port.postMessage(toMessage(movable), [...buffers, ...also]);
      return;
    } catch (error) {
      // Memory that an addon owns (a decoded picture) looks like any other until it is to be moved; nothing has been then.
      if (!(error instanceof Error && error.name === 'DataCloneError')) throw error;
    }
  }
  const [movable, buffers] = toMovable(values, false, spares);
  port.postMessage(toMessage(movable), [...buffers, ...also]);
}

function toMovable(values: OrtValues, owned: boolean, spares: SpareBuffers): [OrtValues, ArrayBuffer[]] {
  const movable: Record<string, OrtValue> = {};
  const buffers = new Set<ArrayBuffer>();
  for (const name in values) {
    const value = values[name];
    if (Array.isArray(value.data)) {
      movable[name] = value;
      continue;
    }
    const data = owned && fillsBuffer(value.data) ? value.data : spares.copy(value.data);
    buffers.add(data.buffer as ArrayBuffer);
    movable[name] = { ...value, data };
  }
  return [movable, [...buffers]];
}

function fillsBuffer(data: NodeJS.ArrayBufferView): boolean {
  return data.buffer instanceof ArrayBuffer && data.byteLength === data.buffer.byteLength;
}
