import { type TensorFormat } from './format';

/** What the model file itself says of its inputs and outputs, in the model's order. */
export interface ModelMetadata {
  readonly inputs: Readonly<Record<string, TensorFormat>>;
  readonly outputs: Readonly<Record<string, TensorFormat>>;
  /** Inputs that have a value in the file, which is used unless a caller brings one. */
  readonly optionalInputs?: Readonly<Record<string, TensorFormat>>;
  /** Inputs and outputs that cannot be served, and what they are instead of tensors: `a sequence`. */
  readonly leftOut?: Readonly<Record<string, string>>;
  /** Files beside it that hold weights, by their paths from its directory. */
  readonly externalData?: readonly string[];
}
