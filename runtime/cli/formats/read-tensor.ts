import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { InputError, type InputTensor } from '../../client';
import { toInputTensor } from '../../client/input-tensor';
import { CastError, castTensor } from '../../tensor/cast';
import { type DType } from '../../tensor/dtype';
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
  /** Default: the file's own, or the narrowest of int32, int64 and float32 that its numbers have. */
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

/**
 * The tensor in a file, by the ending of its name: a table, nested lists, a NumPy array, or a picture as it is (one string).
 * @throws FileError when it cannot be read, or its values are not of the dtype that is asked for.
 */
export function readTensor(file: string, options: ReadTensorOptions = {}): Tensor {
  const bytes = readBytes(file);
  const extension = extname(file).toLowerCase();
  try {
    switch (extension) {
      case '.csv':
      case '.tsv':
        return toInputTensor(file, tableTensor(file, bytes.toString('utf8'), options));
      case '.json':
        return toInputTensor(file, {
          ...toInput(file, parseJson(file, bytes.toString('utf8'))),
          ...given(options),
        });
      case '.npy':
        return reshaped(file, converted(readNpy(file, bytes), options.dtype), options.shape);
      case '.png':
      case '.jpg':
      case '.jpeg':
        return reshaped(file, pictureTensor(file, bytes, PICTURES[extension], options.dtype), options.shape);
      default:
        throw new FileError(file, `cannot be read: its name must end in ${READABLE}`);
    }
  } catch (error) {
    if (error instanceof CastError || error instanceof NotNumbersError)
      throw new FileError(file, error.message);
    if (error instanceof InputError) throw new FileError(file, error.message.replace(/^input '.*?': /, ''));
    throw error;
  }
}

function readBytes(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new FileError(file, `cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
  }
}

function given({ dtype, shape }: ReadTensorOptions): { dtype?: DType; shape?: readonly number[] } {
  return { ...(dtype === undefined ? {} : { dtype }), ...(shape === undefined ? {} : { shape }) };
}

function tableTensor(file: string, text: string, options: ReadTensorOptions): InputTensor {
  const table = readCsv(file, text);
  const { values, rows, columns } = options.columns ? selectColumns(file, table, options.columns) : table;
  const dtype = options.dtype ?? narrowest(values);
  return { dtype, shape: options.shape ?? [rows, columns], data: [...values] };
}

function narrowest(values: Float64Array): DType {
  let dtype: DType = 'int32';
  for (const value of values) {
    const own = dtypeOfNumber(value);
    if (own === 'float32') return own;
    if (own === 'int64') dtype = own;
  }
  return dtype;
}

function converted(tensor: Tensor, dtype: DType | undefined): Tensor {
  return dtype === undefined ? tensor : castTensor(tensor, dtype);
}

function pictureTensor(file: string, bytes: Buffer, magic: Buffer, dtype: DType | undefined): Tensor {
  if (!bytes.subarray(0, magic.length).equals(magic)) {
    throw new FileError(file, 'is no picture of the kind that its name says');
  }
  if (dtype !== undefined && dtype !== 'string') {
    throw new FileError(file, `a picture is sent as it is, as dtype string; got ${dtype}`);
  }
  return { dtype: 'string', shape: [], data: [bytes] };
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
