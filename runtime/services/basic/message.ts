import { gatherField } from '../../grpc/codec/gather-field';
import {
  measureInBandError,
  readInBandError,
  writeInBandError,
  type InBandError,
} from '../../grpc/codec/in-band-error';
import { ID_TAG, readMessage } from '../../grpc/codec/message-reader';
import { int32sSize } from '../../grpc/codec/packed-sizes';
import { readPackedFloat, readPackedInt32 } from '../../grpc/codec/packed-values';
import { FIXED32, LENGTH_DELIMITED, VARINT, type WireReader } from '../../grpc/codec/wire-reader';
import { int32Size, prefixedSize, WireWriter } from '../../grpc/codec/wire-writer';

/** `basic_inference.Tensor32` as it is on the wire, unchecked. */
export interface Tensor32 {
  readonly array: Float32Array;
  readonly shape: Int32Array;
}

/** A request of the Basic service. */
export interface BasicRequest {
  readonly id: number;
  readonly tensor?: Tensor32;
}

/** A response of the Basic service. */
export interface BasicResponse extends BasicRequest {
  /** Set when the request failed. */
  readonly error?: InBandError;
}

const TENSOR_TAG = (2 << 3) | LENGTH_DELIMITED;
const ERROR_TAG = (3 << 3) | LENGTH_DELIMITED;

/** @throws MalformedMessageError */
export function decodeBasicRequest(bytes: Uint8Array): BasicRequest {
  return readMessage(bytes, readRequest);
}

/** @throws MalformedMessageError */
export function decodeBasicResponse(bytes: Uint8Array): BasicResponse {
  return readMessage(bytes, readResponse);
}

function readRequest(reader: WireReader): BasicRequest {
  return read(reader, false);
}

function readResponse(reader: WireReader): BasicResponse {
  return read(reader, true);
}

function read(reader: WireReader, withError: boolean): BasicResponse {
  let id = 0;
  let tensor: Tensor32 | undefined;
  let error: InBandError | undefined;
  let inPieces = false;
  while (reader.position < reader.end) {
    const tag = reader.tag();
    if (tag === ID_TAG) id = reader.int32();
    else if (tag === TENSOR_TAG) {
      inPieces ||= tensor !== undefined;
      tensor = readTensor32(reader, reader.payloadEnd());
    } else if (withError && tag === ERROR_TAG) error = readInBandError(reader, reader.payloadEnd(), error);
    else reader.skip(tag);
  }
  if (inPieces) {
    const joined = gatherField(reader, 0, reader.end, 2, LENGTH_DELIMITED);
    tensor = readTensor32(joined, joined.end);
  }
  return error === undefined ? { id, tensor } : { id, tensor, error };
}

const NO_FLOATS = new Float32Array(0);
const NO_SIZES = new Int32Array(0);

function readTensor32(reader: WireReader, end: number): Tensor32 {
  const start = reader.position;
  const outerEnd = reader.end;
  reader.end = end;
  let array: Float32Array | undefined;
  let shape: Int32Array | undefined;
  let scatteredArray = false;
  let scatteredShape = false;
  while (reader.position < end) {
    const tag = reader.tag();
    if (tag === ((1 << 3) | LENGTH_DELIMITED) && array === undefined && !scatteredArray) {
      array = readPackedFloat(reader, reader.payloadEnd());
    } else if (tag === ((2 << 3) | LENGTH_DELIMITED) && shape === undefined && !scatteredShape) {
      shape = readPackedInt32(reader, reader.payloadEnd());
    } else {
      scatteredArray ||= tag === ((1 << 3) | LENGTH_DELIMITED) || tag === ((1 << 3) | FIXED32);
      scatteredShape ||= tag === ((2 << 3) | LENGTH_DELIMITED) || tag === ((2 << 3) | VARINT);
      reader.skip(tag);
    }
  }
  if (scatteredArray) {
    const joined = gatherField(reader, start, end, 1, FIXED32);
    array = readPackedFloat(joined, joined.end);
  }
  if (scatteredShape) {
    const joined = gatherField(reader, start, end, 2, VARINT);
    shape = readPackedInt32(joined, joined.end);
  }
  reader.end = outerEnd;
  return { array: array ?? NO_FLOATS, shape: shape ?? NO_SIZES };
}

/** The message in one allocation. */
export function encodeBasicRequest(message: BasicRequest): Buffer {
  return encode(message, undefined);
}

/** The message in one allocation. */
export function encodeBasicResponse(message: BasicResponse): Buffer {
  return encode(message, message.error);
}

const writer = new WireWriter();

function encode({ id, tensor }: BasicRequest, error: InBandError | undefined): Buffer {
  writer.begin();
  let size = id === 0 ? 0 : 1 + int32Size(id);
  let shapeSize = 0;
  let tensorSize = 0;
  if (tensor !== undefined) {
    shapeSize = int32sSize(tensor.shape);
    if (tensor.array.length > 0) tensorSize += 1 + prefixedSize(tensor.array.byteLength);
    if (shapeSize > 0) tensorSize += 1 + prefixedSize(shapeSize);
    size += 1 + prefixedSize(tensorSize);
  }
  if (error !== undefined) size += 1 + prefixedSize(measureInBandError(writer, error));
  writer.allocate(size);
  if (id !== 0) {
    writer.uint32(ID_TAG);
    writer.int32(id);
  }
  if (tensor !== undefined) {
    writer.uint32(TENSOR_TAG);
    writer.uint32(tensorSize);
    if (tensor.array.length > 0) {
      writer.uint32((1 << 3) | LENGTH_DELIMITED);
      writer.uint32(tensor.array.byteLength);
      writer.copy(new Uint8Array(tensor.array.buffer, tensor.array.byteOffset, tensor.array.byteLength));
    }
    if (shapeSize > 0) {
      writer.uint32((2 << 3) | LENGTH_DELIMITED);
      writer.uint32(shapeSize);
      for (const axis of tensor.shape) writer.int32(axis);
    }
  }
  if (error !== undefined) {
    writer.uint32(ERROR_TAG);
    writeInBandError(writer, error);
  }
  return writer.finish();
}

/** What a message takes beside its tensors' values. */
const ENVELOPE_BYTES = 64;

/** About how many bytes a message of the Basic service holds. */
export function basicSize({ tensor }: Pick<BasicRequest, 'tensor'>): number {
  return ENVELOPE_BYTES + (tensor?.array.byteLength ?? 0);
}
