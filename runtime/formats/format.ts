import { type TensorFormatDocument } from '../../contracts/package/tensor-format-schema';
import { type DType } from '../tensor/dtype';
import { formatShape } from '../tensor/shape';

/** Size of an axis: a number, or a symbol for a size that is known only when data arrives. */
export type Axis = number | string;

/** Facts about the numbers beyond dtype and shape. A step that changes one declares it in its format step. */
export interface FormatAttributes {
  /** Unit of measurement, e.g. `tag` (as the sensor sends it) or `millig`. */
  readonly unit?: string;
  /** Meaning of the axes of a picture, e.g. `HWC` or `CHW`. */
  readonly layout?: string;
  /** Whether mean and deviation are those that the model was trained on. */
  readonly normalized?: boolean;
  /** Whether the last axis holds vectors together with their lengths. */
  readonly vectorLength?: boolean;
}

export const ATTRIBUTE_NAMES = ['unit', 'layout', 'normalized', 'vectorLength'] as const;

/**
 * What is known of a tensor before it arrives. `dtype` undefined: any numeric dtype (reference configurations name none);
 * `shape` undefined: any rank.
 */
export interface TensorFormat extends FormatAttributes {
  readonly kind: 'tensor';
  readonly dtype?: DType;
  readonly shape?: readonly Axis[];
}

/** A list of tensors, one per item of a batch. `item` is the format of each; sizes that differ between them are symbols. */
export interface ListFormat {
  readonly kind: 'list';
  readonly item: TensorFormat;
  readonly length: Axis;
}

export type ValueFormat = TensorFormat | ListFormat;

/** The formats of the named values between two steps of a pipeline. */
export type FlowFormat = ReadonlyMap<string, ValueFormat>;

/**
 * The formats after a step whose code is not available (a component, at synth): unknown, so nothing after it is checked.
 */
export const UNKNOWN_FLOW: FlowFormat = new Map();

/** Thrown when a step cannot take data of a format. The message says what it needs and what it got. */
export class FormatError extends Error {
  override readonly name = 'FormatError';
}

/** `int16 [9, 3] unit=tag`, for messages. */
export function describeFormat(format: ValueFormat): string {
  if (format.kind === 'list') return `list of ${format.length} × (${describeFormat(format.item)})`;
  const attributes = ATTRIBUTE_NAMES.filter((name) => format[name] !== undefined).map(
    (name) => `${name}=${String(format[name])}`,
  );
  return [
    format.dtype ?? 'numeric',
    format.shape ? formatShape(format.shape) : '[any rank]',
    ...attributes,
  ].join(' ');
}

/** `format` with `changes`; a fact set to `undefined` is no longer known. */
export function withFormat(format: TensorFormat, changes: Partial<Omit<TensorFormat, 'kind'>>): TensorFormat {
  return { ...format, ...changes };
}

/** @throws FormatError when the value is a list of tensors. */
export function requireTensor(format: ValueFormat): TensorFormat {
  if (format.kind === 'list') throw new FormatError(`needs one tensor, got a ${describeFormat(format)}`);
  return format;
}

export function toTensorFormat(document: TensorFormatDocument): TensorFormat {
  return { kind: 'tensor', ...document };
}
