import { type Tensor } from '../../runtime/tensor/tensor';
import { toTensorProto } from './tensor-proto';

/** A node's attribute without its name, as `onnx.AttributeProto` holds it. */
export type Attribute = Readonly<Record<string, unknown>> & { readonly type: number };

// Each kind has its own function: 1 could be an integer or a float, and ONNX takes only the one that the operator names.
export const float = (f: number): Attribute => ({ type: 1, f });
export const int = (i: number): Attribute => ({ type: 2, i });
export const text = (s: string): Attribute => ({ type: 3, s: Buffer.from(s) });
export const constant = (t: Tensor): Attribute => ({ type: 4, t: toTensorProto('', t) });
/** The body of a Loop, an If or a Scan. */
export const body = (graph: { toProto(): object }): Attribute => ({ type: 5, g: graph.toProto() });
export const floats = (...values: number[]): Attribute => ({ type: 6, floats: values });
export const ints = (...values: number[]): Attribute => ({ type: 7, ints: values });
export const texts = (...values: string[]): Attribute => ({
  type: 8,
  strings: values.map((s) => Buffer.from(s)),
});
