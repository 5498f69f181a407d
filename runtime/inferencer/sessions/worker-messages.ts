import { type Problem } from '../../../contracts/program/problem';
import { type ErrorCode } from '../../errors';
import { type ModelMetadata } from '../../formats/model-metadata';
import { type DataOf, type NumericDType } from '../../tensor/dtype';
import { type NamedTensors, type Tensor } from '../../tensor/tensor';
import { SpareBuffers } from './spare-buffers';
import { type SteppedModelOptions } from './stepped-model';

/** What a model's thread is started with. */
export interface WorkerStart extends SteppedModelOptions {
  readonly engine: string;
  /** Path of the module that exports the engine. */
  readonly engineModule: string;
}

/** A tensor in a message: numbers as they are, strings in one piece of memory. */
export type SentTensor =
  | { readonly dtype: NumericDType; readonly shape: readonly number[]; readonly data: DataOf[NumericDType] }
  | { readonly dtype: 'string'; readonly shape: readonly number[]; readonly data: SentStrings };

interface SentStrings {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where each string ends in `bytes`. */
  readonly ends: Float64Array<ArrayBuffer>;
}

export type SentTensors = Readonly<Record<string, SentTensor>>;

/** From the session to the process of its model; the inputs of a run are the tensors of the frame. */
export type HostRequest =
  | {
      readonly kind: 'start';
      /** {@link WorkerStart} as V8 serializes it, in base64. */
      readonly start: string;
    }
  | { readonly kind: 'run'; readonly id: number }
  | { readonly kind: 'close' };

/** From the session to the thread of its model, which is started with {@link WorkerStart}. */
export type ThreadRequest =
  { readonly kind: 'run'; readonly id: number; readonly feeds: SentTensors } | { readonly kind: 'close' };

/** The model is loaded. */
export interface OpenedModel {
  readonly metadata: ModelMetadata;
  readonly refusesEmpty: boolean;
  /** Milliseconds that loading took. */
  readonly openMs: number;
}

/** A run has succeeded; its outputs go with it. */
export interface AnswerReply {
  readonly kind: 'answer';
  readonly id: number;
  readonly runMs: number;
  readonly stepMs: readonly number[];
}

/** From a model's thread or process to its session: first whether the model could be loaded, then an answer for each run. */
export type HostReply =
  | (OpenedModel & { readonly kind: 'opened' })
  | { readonly kind: 'refused'; readonly source: string; readonly problems: readonly Problem[] }
  /** The engine is done with a run; steps after it are left. */
  | { readonly kind: 'free'; readonly id: number }
  | AnswerReply
  | {
      readonly kind: 'failure';
      readonly id: number;
      readonly code: ErrorCode;
      readonly message: string;
      /** Label of the step that failed; absent when the engine did. */
      readonly step?: string;
      /** The engine's own text, for the log. */
      readonly cause?: string;
    };

export type ThreadReply =
  | Exclude<HostReply, AnswerReply>
  | (AnswerReply & {
      readonly outputs: SentTensors;
      /** Memory of large inputs, to be used again. */
      readonly spares: readonly ArrayBuffer[];
    });

/** A worker or a parent port: either end of the messages. */
interface Port<M> {
  postMessage(message: M, transfer: readonly ArrayBuffer[]): void;
}

export interface PostOptions {
  /** Memory for copies. Default: fresh memory. */
  readonly spares?: SpareBuffers;
  /** Buffers that the message holds beside the tensors. */
  readonly also?: readonly ArrayBuffer[];
}

const NO_SPARES = new SpareBuffers();

/**
 * Posts the message that `toMessage` makes of `tensors`. Numbers that are `owned` and fill their buffers are moved; others are
 * copied once. (Left to `postMessage`, a view would take its whole buffer along.)
 */
export function postTensors<M>(
  port: Port<M>,
  tensors: NamedTensors,
  owned: boolean,
  toMessage: (tensors: SentTensors) => M,
  { spares = NO_SPARES, also = [] }: PostOptions = {},
): void {
  if (owned) {
    try {
      const [movable, buffers] = toMovable(tensors, true, spares);
      port.postMessage(toMessage(movable), [...buffers, ...also]);
      return;
    } catch (error) {
      // Memory that an addon owns (a decoded picture) looks like any other until it is moved; nothing has been moved then.
      if (!(error instanceof Error && error.name === 'DataCloneError')) throw error;
    }
  }
  const [movable, buffers] = toMovable(tensors, false, spares);
  port.postMessage(toMessage(movable), [...buffers, ...also]);
}

/** The tensors of a message. Strings are views of one piece of memory. */
export function receiveTensors(sent: SentTensors): NamedTensors {
  const tensors: Record<string, Tensor> = {};
  for (const name in sent) {
    const tensor = sent[name];
    tensors[name] =
      tensor.dtype === 'string'
        ? { dtype: 'string', shape: tensor.shape, data: splitStrings(tensor.data) }
        : tensor;
  }
  return tensors;
}

function toMovable(
  tensors: NamedTensors,
  owned: boolean,
  spares: SpareBuffers,
): [SentTensors, ArrayBuffer[]] {
  const movable: Record<string, SentTensor> = {};
  const buffers = new Set<ArrayBuffer>();
  for (const name in tensors) {
    const { dtype, shape, data: values } = tensors[name];
    if (Array.isArray(values)) {
      const data = joinStrings(values);
      buffers.add(data.bytes.buffer).add(data.ends.buffer);
      movable[name] = { dtype: 'string', shape, data };
      continue;
    }
    const data = owned && fillsBuffer(values) ? values : spares.copy(values);
    buffers.add(data.buffer as ArrayBuffer);
    movable[name] = { dtype: dtype as NumericDType, shape, data };
  }
  return [movable, [...buffers]];
}

function fillsBuffer(data: NodeJS.ArrayBufferView): boolean {
  return data.buffer instanceof ArrayBuffer && data.byteLength === data.buffer.byteLength;
}

function joinStrings(strings: readonly Uint8Array[]): SentStrings {
  const ends = new Float64Array(strings.length);
  let end = 0;
  strings.forEach((text, index) => (ends[index] = end += text.length));
  const bytes = new Uint8Array(end);
  strings.forEach((text, index) => bytes.set(text, ends[index] - text.length));
  return { bytes, ends };
}

function splitStrings({ bytes, ends }: SentStrings): Buffer[] {
  return Array.from(ends, (end, index) => {
    const start = index === 0 ? 0 : ends[index - 1];
    return Buffer.from(bytes.buffer, start, end - start);
  });
}
