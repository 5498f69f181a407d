import { bytesPerElement, viewData, type DType, type NumericDType } from '../../tensor/dtype';
import { elementCount, formatShape } from '../../tensor/shape';
import { type Tensor } from '../../tensor/tensor';
import { FileError } from './file-error';

const MAGIC = Buffer.from('\x93NUMPY', 'latin1');

/** NumPy's codes, without the byte order. */
const DTYPE_OF_CODE: Readonly<Record<string, NumericDType>> = {
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
  i1: 'int8',
  i2: 'int16',
  i4: 'int32',
  i8: 'int64',
  u1: 'uint8',
  u2: 'uint16',
  u4: 'uint32',
  u8: 'uint64',
  b1: 'bool',
  c8: 'complex64',
};

interface Header {
  readonly descr: string;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  readonly data: Buffer;
}

/**
 * Reads an array as `numpy.save` writes it: numbers, booleans and text, in either byte order, row- or column-major.
 * @throws FileError when the file is none, or holds another kind of elements.
 */
export function readNpy(file: string, bytes: Buffer): Tensor {
  const { descr, fortranOrder, shape, data } = readHeader(file, bytes);
  const [, order, code] = /^([<>|=]?)(.*)$/.exec(descr) ?? [];
  const text = /^([SU])(\d+)$/.exec(code);
  const dtype: DType | undefined = text ? 'string' : DTYPE_OF_CODE[code];
  if (dtype === undefined) {
    const allowed = Object.keys(DTYPE_OF_CODE).join(', ');
    throw new FileError(file, `holds elements of NumPy type '${descr}'; allowed are ${allowed}, S and U`);
  }
  const width = text ? Number(text[2]) * (text[1] === 'U' ? 4 : 1) : bytesPerElement(dtype as NumericDType);
  const expected = elementCount(shape) * width;
  if (data.length !== expected) {
    throw new FileError(
      file,
      `has ${data.length} bytes of data; shape ${formatShape(shape)} takes ${expected}`,
    );
  }
  const rowMajor = fortranOrder ? toRowMajor(data, shape, width) : data;
  if (text)
    return { dtype: 'string', shape, data: readText(rowMajor, width, text[1] === 'U', order === '>') };
  const ordered = order === '>' ? swapBytes(rowMajor, dtype as NumericDType) : rowMajor;
  return { dtype, shape, data: viewData(dtype as NumericDType, ordered) };
}

function readHeader(file: string, bytes: Buffer): Header {
  if (bytes.length < 10 || !bytes.subarray(0, 6).equals(MAGIC)) {
    throw new FileError(file, 'is no NPY file: it does not begin with the bytes of one');
  }
  const version = bytes[6];
  const start = version === 1 ? 10 : 12;
  if (version < 1 || version > 3 || bytes.length < start) {
    throw new FileError(file, `is an NPY file of version ${version}; 1 to 3 are allowed`);
  }
  const end = start + (version === 1 ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8));
  const text = bytes.toString(version === 3 ? 'utf8' : 'latin1', start, end);
  const descr = /'descr':\s*'([^']*)'/.exec(text)?.[1];
  const fortran = /'fortran_order':\s*(True|False)/.exec(text)?.[1];
  const shape = /'shape':\s*\(([\d,\sL]*)\)/.exec(text)?.[1];
  if (end > bytes.length || descr === undefined || fortran === undefined || shape === undefined) {
    throw new FileError(file, "has an NPY header without plain 'descr', 'fortran_order' and 'shape'");
  }
  const sizes = shape.match(/\d+/g)?.map(Number) ?? [];
  return { descr, fortranOrder: fortran === 'True', shape: sizes, data: bytes.subarray(end) };
}

/** Elements of `width` bytes from column-major to row-major order. */
function toRowMajor(data: Buffer, shape: readonly number[], width: number): Buffer {
  const result = Buffer.allocUnsafe(data.length);
  const index = new Array<number>(shape.length).fill(0);
  for (let target = 0; target < data.length; target += width) {
    let source = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) source = source * shape[axis] + index[axis];
    data.copy(result, target, source * width, (source + 1) * width);
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis] === shape[axis]; axis--) index[axis] = 0;
  }
  return result;
}

/** Big-endian elements as little-endian ones, in a copy. */
function swapBytes(data: Buffer, dtype: NumericDType): Buffer {
  const copy = Buffer.from(data);
  const width = dtype === 'complex64' ? 4 : bytesPerElement(dtype);
  if (width === 2) return copy.swap16();
  if (width === 4) return copy.swap32();
  return width === 8 ? copy.swap64() : copy;
}

/** Text of fixed width, padded with zeros: bytes (`S`), or characters of four bytes (`U`) as UTF-8. */
function readText(data: Buffer, width: number, wide: boolean, bigEndian: boolean): Uint8Array[] {
  const elements: Uint8Array[] = [];
  for (let start = 0; start < data.length; start += width) {
    const element = data.subarray(start, start + width);
    if (wide) elements.push(Buffer.from(wideText(element, bigEndian)));
    else elements.push(element.subarray(0, element.findLastIndex((byte) => byte !== 0) + 1));
  }
  return elements;
}

function wideText(element: Buffer, bigEndian: boolean): string {
  let text = '';
  for (let at = 0; at < element.length; at += 4) {
    const point = bigEndian ? element.readUInt32BE(at) : element.readUInt32LE(at);
    if (point !== 0) text += String.fromCodePoint(point);
  }
  return text;
}
