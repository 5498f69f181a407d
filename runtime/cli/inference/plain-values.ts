import { isUtf8 } from 'node:buffer';
import { decodeHalf } from '../../tensor/half';
import { type Tensor } from '../../tensor/tensor';

/** A value as JSON can carry it. */
export type PlainValue = number | string | boolean | { readonly base64: string } | readonly PlainValue[];

/**
 * A tensor's elements in nested lists. What JSON has no number for is text: `NaN`, `Infinity`, integers beyond 2^53. Bytes
 * that are no UTF-8 are in base64.
 */
export function toPlainValues(tensor: Tensor): PlainValue {
  const elements = plainElements(tensor);
  let position = 0;
  return nest(0);

  function nest(axis: number): PlainValue {
    if (axis === tensor.shape.length) return elements[position++];
    return Array.from({ length: tensor.shape[axis] }, () => nest(axis + 1));
  }
}

/** The elements row by row, the first `most` of them. */
export function plainElements({ dtype, data }: Tensor, most = Infinity): PlainValue[] {
  if (dtype === 'string') return (data as Uint8Array[]).slice(0, most).map(plainText);
  if (dtype === 'bool') return Array.from((data as Uint8Array).subarray(0, most), (value) => value !== 0);
  if (dtype === 'complex64') {
    const floats = (data as Float32Array).subarray(0, 2 * most);
    return Array.from({ length: floats.length / 2 }, (_, index) => [
      plainNumber(floats[2 * index]),
      plainNumber(floats[2 * index + 1]),
    ]);
  }
  const numbers = dtype === 'float16' || dtype === 'bfloat16' ? decodeHalf(dtype, data as Uint16Array) : data;
  const isFloat32 = numbers instanceof Float32Array;
  return Array.from((numbers as Int32Array).subarray(0, most), (value: number | bigint) =>
    plainNumber(isFloat32 ? shortest(value as number) : value),
  );
}

/** The shortest decimal that is this float32: 0.96048, not 0.9604799747467041. */
function shortest(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return rounded;
  }
  return value;
}

function plainNumber(value: number | bigint): number | string {
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  return Number.isFinite(value) ? value : String(value);
}

function plainText(bytes: Uint8Array): string | { base64: string } {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return isUtf8(buffer) ? buffer.toString('utf8') : { base64: buffer.toString('base64') };
}
