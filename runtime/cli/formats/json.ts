import { type InputTensor, type Inputs, type NestedValues } from '../../client';
import { DTYPES } from '../../../contracts/values/dtype';
import { didYouMean } from '../../../contracts/names/nearest-name';
import { isInteger, type DType } from '../../tensor/dtype';
import { FileError } from './file-error';
import { inferDType } from './infer-dtype';

/** Marks integers that JavaScript's numbers cannot hold, between reading and reviving. */
const MARK = '\u0000integer ';
const TEXT_OR_LONG_INTEGER = /"(?:[^"\\]|\\.)*"|-?\d{16,}(?![\d.eE])/g;

/**
 * Parses JSON; integers beyond 2^53 become bigints. `place` is the file, and the line if it has several texts.
 * @throws FileError
 */
export function parseJson(place: string, text: string): unknown {
  const marked = text
    .replace(/^\uFEFF/, '')
    .replace(TEXT_OR_LONG_INTEGER, (found) =>
      found.startsWith('"') || Number.isSafeInteger(Number(found)) ? found : JSON.stringify(MARK + found),
    );
  try {
    return JSON.parse(marked, (_, value: unknown) =>
      typeof value === 'string' && value.startsWith(MARK) ? BigInt(value.slice(MARK.length)) : value,
    );
  } catch (error) {
    throw new FileError(place, `is no JSON: ${(error as Error).message}`);
  }
}

/**
 * Requests of a file: one request, a list of them, or one a line. A request maps names of inputs to values in nested lists,
 * or to `{ "dtype": …, "shape": …, "data": … }`, as answers are printed.
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

/**
 * An input out of JSON; without a dtype it has that of its values. Whatever an answer prints is taken: integers beyond 2^53,
 * `"NaN"` and `"Infinity"` as text, bytes as `{ "base64": … }`.
 * @param wanted the dtype to have, whatever the JSON says
 * @throws FileError
 */
export function toInput(place: string, value: unknown, wanted?: DType): InputTensor {
  if (!isObject(value) || isBytes(value)) return withDType(place, wanted, value);
  const { dtype, shape, data, ...others } = value;
  const unknown = Object.keys(others);
  if (unknown.length > 0 || data === undefined) {
    throw new FileError(
      place,
      `must be a value, nested lists, or an object of dtype, shape and data; got the keys ${Object.keys(value).join(', ') || '(none)'}`,
    );
  }
  if (dtype !== undefined && !(DTYPES as readonly unknown[]).includes(dtype)) {
    const hint = typeof dtype === 'string' ? didYouMean(dtype, DTYPES) : '';
    throw new FileError(
      place,
      `dtype must be one of ${DTYPES.join(', ')}, got ${JSON.stringify(dtype)}${hint}`,
    );
  }
  if (shape !== undefined && !(Array.isArray(shape) && shape.every((size) => typeof size === 'number'))) {
    throw new FileError(place, `shape must be a list of sizes, got ${JSON.stringify(shape)}`);
  }
  return {
    ...withDType(place, wanted ?? (dtype as DType | undefined), data),
    ...(shape === undefined ? {} : { shape }),
  };
}

function withDType(
  place: string,
  dtype: DType | undefined,
  data: unknown,
): { dtype: DType; data: NestedValues } {
  const values = decodeBytes(data);
  const own = dtype ?? inferDType(place, values);
  return { dtype: own, data: toElements(own, values) as NestedValues };
}

/** `{ "base64": … }` as bytes. */
function decodeBytes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decodeBytes);
  return isBytes(value) ? Buffer.from(value.base64, 'base64') : value;
}

/** Elements that JSON has to write otherwise, as the dtype has them. */
function toElements(dtype: DType, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => toElements(dtype, item));
  if (typeof value === 'bigint' && !isInteger(dtype)) return Number(value);
  if (typeof value !== 'string' || dtype === 'string') return value;
  if (isInteger(dtype)) return isLong(dtype) && /^-?\d+$/.test(value) ? BigInt(value) : value;
  return /^(NaN|-?Infinity)$/.test(value) ? Number(value) : value;
}

function isLong(dtype: DType): boolean {
  return dtype === 'int64' || dtype === 'uint64';
}

function isBytes(value: unknown): value is { readonly base64: string } {
  return isObject(value) && typeof value.base64 === 'string' && Object.keys(value).length === 1;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
