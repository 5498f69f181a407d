import { type TensorFormat } from './format';

/** What the model file itself says of its inputs and outputs, in the model's order. */
export interface ModelMetadata {
  readonly inputs: Readonly<Record<string, TensorFormat>>;
  readonly outputs: Readonly<Record<string, TensorFormat>>;
  /** Files beside it that hold weights, by their paths from its directory. */
  readonly externalData?: readonly string[];
}
