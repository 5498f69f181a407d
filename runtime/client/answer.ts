import { type Tensor } from '../tensor/tensor';
import { type CallError, type PredictionError } from './errors';

/** Output tensors by name. */
export type Outputs = Readonly<Record<string, Tensor>>;

/** A request's outputs, or why there are none. */
export type Outcome =
  | { readonly outputs: Outputs; readonly error?: undefined }
  | {
      /** PredictionError: the server refused or failed it. CallError: the request was lost with its connection. */
      readonly error: PredictionError | CallError;
      readonly outputs?: undefined;
    };

/** The answer to one request of a stream. */
export type Answer = Outcome & {
  /** Which request this answers, counted from 0. Answers come in the order of their requests. */
  readonly index: number;
};
