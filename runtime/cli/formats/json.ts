import { type InputTensor, type Inputs, type NestedValues } from '../../client';
import { DTYPES } from '../../../contracts/values/dtype';
import { type DType } from '../../tensor/dtype';
import { FileError } from './file-error';
import { inferDType } from './infer-dtype';

/** Parses JSON; `place` is the file, and the line if it has several texts. @throws FileError */
export function parseJson(place: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FileError(place, `is no JSON: ${(error as Error).message}`);
  }
}

/**
 * Requests out of a file: one request, a list of them, or one to a line. A request maps names of inputs to values in nested
 * lists, or to `{ "dtype": …, "shape": …, "data": … }`.
 * @throws FileError
 */
export function readRequests(file: string, text: string): Inputs[] {
  const lines = text.split(/\r?\n/);
  const isLines = /\.(jsonl|ndjson)$/i.test(file) || startsSeveralObjects(lines);
  if (isLines) {
    return lines.flatMap((line, index) => {
      const place = `${file}:${index + 1}`;
      return line.trim() === '' ? [] : [toInputs(place, parseJson(place, line))];
    });
  }
  const parsed = parseJson(file, text);
  if (!Array.isArray(parsed)) return [toInputs(file, parsed)];
  return parsed.map((request, index) => toInputs(`${file}: request ${index}`, request));
}

function startsSeveralObjects(lines: readonly string[]): boolean {
  const filled = lines.filter((line) => line.trim() !== '');
  return filled.length > 1 && filled.every((line) => line.trimStart().startsWith('{'));
}

function toInputs(place: string, request: unknown): Inputs {
  if (!isObject(request)) {
    throw new FileError(
      place,
      'a request must be an object of inputs by name, e.g. {"array": [[1, 2], [3, 4]]}',
    );
  }
  return Object.fromEntries(
    Object.entries(request).map(([name, value]) => [name, toInput(`${place}: input '${name}'`, value)]),
  );
}

/** An input out of JSON; its dtype is that of its values unless it is said. @throws FileError */
export function toInput(place: string, value: unknown): InputTensor {
  if (!isObject(value)) return { dtype: inferDType(place, value), data: value as NestedValues };
  const { dtype, shape, data, ...others } = value;
  const unknown = Object.keys(others);
  if (unknown.length > 0 || data === undefined) {
    throw new FileError(
      place,
      `must be a value, nested lists, or an object of dtype, shape and data; got the keys ${Object.keys(value).join(', ') || '(none)'}`,
    );
  }
  if (dtype !== undefined && !(DTYPES as readonly unknown[]).includes(dtype)) {
    throw new FileError(place, `dtype must be one of ${DTYPES.join(', ')}, got ${JSON.stringify(dtype)}`);
  }
  if (shape !== undefined && !(Array.isArray(shape) && shape.every((size) => typeof size === 'number'))) {
    throw new FileError(place, `shape must be a list of sizes, got ${JSON.stringify(shape)}`);
  }
  return {
    dtype: (dtype as DType | undefined) ?? inferDType(place, data),
    ...(shape === undefined ? {} : { shape: shape }),
    data: data as NestedValues,
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
