import { readFileSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { InputError, type InputTensor } from '../../client';
import { toInputTensor } from '../../client/input-tensor';
import { CastError, castTensor } from '../../tensor/cast';
import { bytesPerElement, isInteger, viewData, type DType, type NumericDType } from '../../tensor/dtype';
import { NotNumbersError } from '../../tensor/numbers';
import { elementCount, formatShape } from '../../tensor/shape';
import { type Tensor } from '../../tensor/tensor';
import { readCsv, selectColumns } from './csv';
import { FileError } from './file-error';
import { dtypeOfNumber } from './infer-dtype';
import { parseJson, toInput } from './json';
import { readNpy } from './npy';
import { READABLE } from './readable-files';

/** How a file becomes a tensor, where its contents leave it open. */
export interface ReadTensorOptions {
  /** Default: the file's own, or the narrowest of int32, int64, uint64 and float32 that its numbers have. */
  readonly dtype?: DType;
  /** Default: the file's own. */
  readonly shape?: readonly number[];
  /** Of a CSV file: names or numbers from 1. Default: all. */
  readonly columns?: readonly string[];
}

const PICTURES: Readonly<Record<string, Buffer>> = {
  '.png': Buffer.from('\x89PNG', 'latin1'),
  '.jpg': Buffer.of(0xff, 0xd8, 0xff),
  '.jpeg': Buffer.of(0xff, 0xd8, 0xff),
};

/** Files that are read as more than their bytes. */
const TABLES = ['.csv', '.tsv'];
/** Files whose bytes are one string, without that being said. */
const TEXTS = ['.txt', '.md', '.html', '.xml'];

/**
 * The tensor in a file, by the ending of its name: a table, nested lists, a NumPy array. The bytes of any other file, and of
 * every file with dtype string, are one string; with another dtype they are its elements (little-endian). `-` is standard
 * input, as bytes.
 * @throws FileError when it cannot be read, or its values are not of the dtype that is asked for.
 */
export function readTensor(file: string, options: ReadTensorOptions = {}): Tensor {
  const bytes = readBytes(file);
  const extension = extname(file).toLowerCase();
  const picture = PICTURES[extension];
  try {
    if (picture !== undefined) requirePicture(file, bytes, picture, options.dtype);
    if (extension === '.npy') {
      return reshaped(file, converted(readNpy(file, bytes), options.dtype), options.shape);
    }
    if (options.dtype === 'string' || picture !== undefined) return bytesTensor(file, bytes, options.shape);
    if (TABLES.includes(extension)) {
      return toInputTensor(file, tableTensor(file, bytes.toString('utf8'), options));
    }
    if (extension === '.json') {
      const input = toInput(file, parseJson(file, bytes.toString('utf8')), options.dtype);
      return toInputTensor(file, { ...input, ...(options.shape && { shape: options.shape }) });
    }
    if (options.dtype !== undefined) return elementsTensor(file, bytes, options.dtype, options.shape);
    if (TEXTS.includes(extension)) return bytesTensor(file, bytes, options.shape);
    throw new FileError(
      file,
      `is none of ${READABLE}: say what its bytes are, e.g. '${basename(file)}:string' for one string of them`,
    );
  } catch (error) {
    if (error instanceof CastError || error instanceof NotNumbersError)
      throw new FileError(file, error.message);
    if (error instanceof InputError) throw new FileError(file, error.message.replace(/^input '.*?': /, ''));
    throw error;
  }
}

function readBytes(file: string): Buffer {
  try {
    return readFileSync(file === '-' ? 0 : file);
  } catch (error) {
    throw new FileError(file, `cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
  }
}

function tableTensor(file: string, text: string, options: ReadTensorOptions): InputTensor {
  const table = readCsv(file, text);
  const { values, rows, columns } = options.columns ? selectColumns(file, table, options.columns) : table;
  const dtype = options.dtype ?? narrowest(values);
  const data = isInteger(dtype) ? values : values.map(Number);
  return { dtype, shape: options.shape ?? [rows, columns], data: [...data] };
}

function narrowest(values: readonly (number | bigint)[]): DType {
  let dtype: DType = 'int32';
  for (const value of values) {
    const own = dtypeOfNumber(value);
    if (own === 'float32') return own;
    if (own === 'uint64' || (own === 'int64' && dtype === 'int32')) dtype = own;
  }
  return dtype;
}

function converted(tensor: Tensor, dtype: DType | undefined): Tensor {
  return dtype === undefined ? tensor : castTensor(tensor, dtype);
}

function requirePicture(file: string, bytes: Buffer, magic: Buffer, dtype: DType | undefined): void {
  if (!bytes.subarray(0, magic.length).equals(magic)) {
    throw new FileError(file, 'is no picture of the kind that its name says');
  }
  if (dtype !== undefined && dtype !== 'string') {
    throw new FileError(file, `a picture is sent as it is, as dtype string; got ${dtype}`);
  }
}

/** A file as a list of one string: steps that decode files take lists. */
function bytesTensor(file: string, bytes: Buffer, shape: readonly number[] | undefined): Tensor {
  return reshaped(file, { dtype: 'string', shape: [1], data: [bytes] }, shape);
}

/** The bytes of a file as the elements of a tensor. */
function elementsTensor(
  file: string,
  bytes: Buffer,
  dtype: NumericDType,
  shape: readonly number[] | undefined,
): Tensor {
  const width = bytesPerElement(dtype);
  if (bytes.length % width !== 0) {
    throw new FileError(
      file,
      `has ${bytes.length} bytes, which are no whole ${dtype} of ${width} bytes each`,
    );
  }
  return reshaped(file, { dtype, shape: [bytes.length / width], data: viewData(dtype, bytes) }, shape);
}

function reshaped(file: string, tensor: Tensor, shape: readonly number[] | undefined): Tensor {
  if (shape === undefined) return tensor;
  if (elementCount(shape) !== elementCount(tensor.shape)) {
    throw new FileError(
      file,
      `has the shape ${formatShape(tensor.shape)}, which is no ${formatShape(shape)}`,
    );
  }
  return { ...tensor, shape };
}
