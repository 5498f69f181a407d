import { gatherField } from '../../grpc/codec/gather-field';
import {
  measureInBandError,
  readInBandError,
  writeInBandError,
  type InBandError,
} from '../../grpc/codec/in-band-error';
import { ID_TAG, readMessage } from '../../grpc/codec/message-reader';
import { readName } from '../../grpc/codec/name-reader';
import { TensorProto } from '../../grpc/codec/tensor-proto';
import { readTensorProto } from '../../grpc/codec/tensor-proto-reader';
import { measureTensorProto, writeTensorProto } from '../../grpc/codec/tensor-proto-writer';
import { LENGTH_DELIMITED, type WireReader } from '../../grpc/codec/wire-reader';
import { int32Size, prefixedSize, textSize, WireWriter } from '../../grpc/codec/wire-writer';

/** A tensor of a message's map and its name. */
export type NamedTensorProto = readonly [name: string, tensor: TensorProto];

/** A request of the Extended service. */
export interface ExtendedRequest {
  readonly id: number;
  /** Names are unique; of tensors with the same name the last one sent counts. */
  readonly tensors: readonly NamedTensorProto[];
}

/** A response of the Extended service. */
export interface ExtendedResponse extends ExtendedRequest {
  /** Set when the request failed. */
  readonly error?: InBandError;
}

/** A map entry of two bytes on the wire is an object in memory: more tensors than this are refused. */
const MAX_TENSORS = 65_536;
const TENSORS_TAG = (2 << 3) | LENGTH_DELIMITED;
const ERROR_TAG = (3 << 3) | LENGTH_DELIMITED;

/** @throws MalformedMessageError */
export function decodeExtendedRequest(bytes: Uint8Array): ExtendedRequest {
  return readMessage(bytes, readRequest);
}

/** @throws MalformedMessageError */
export function decodeExtendedResponse(bytes: Uint8Array): ExtendedResponse {
  return readMessage(bytes, readResponse);
}

function readRequest(reader: WireReader): ExtendedRequest {
  const tensors: NamedTensorProto[] = [];
  let id = 0;
  while (reader.position < reader.end) {
    const tag = reader.tag();
    if (tag === ID_TAG) id = reader.int32();
    else if (tag === TENSORS_TAG) tensors.push(readEntry(reader));
    else reader.skip(tag);
    if (tensors.length > MAX_TENSORS) reader.fail(`more than ${MAX_TENSORS} tensors`);
  }
  return { id, tensors: tensors.length > 1 ? lastOfEachName(tensors) : tensors };
}

function readResponse(reader: WireReader): ExtendedResponse {
  const tensors: NamedTensorProto[] = [];
  let id = 0;
  let error: InBandError | undefined;
  while (reader.position < reader.end) {
    const tag = reader.tag();
    if (tag === ID_TAG) id = reader.int32();
    else if (tag === TENSORS_TAG) tensors.push(readEntry(reader));
    else if (tag === ERROR_TAG) error = readInBandError(reader, reader.payloadEnd(), error);
    else reader.skip(tag);
    if (tensors.length > MAX_TENSORS) reader.fail(`more than ${MAX_TENSORS} tensors`);
  }
  const unique = tensors.length > 1 ? lastOfEachName(tensors) : tensors;
  return error === undefined ? { id, tensors: unique } : { id, tensors: unique, error };
}

function readEntry(reader: WireReader): NamedTensorProto {
  const end = reader.payloadEnd();
  const start = reader.position;
  const outerEnd = reader.end;
  reader.end = end;
  let name = '';
  let proto: TensorProto | undefined;
  let inPieces = false;
  while (reader.position < end) {
    const tag = reader.tag();
    if (tag === ((1 << 3) | LENGTH_DELIMITED)) name = readName(reader);
    else if (tag === ((2 << 3) | LENGTH_DELIMITED)) {
      inPieces ||= proto !== undefined;
      proto = readTensorProto(reader, reader.payloadEnd());
    } else reader.skip(tag);
  }
  if (inPieces) {
    const joined = gatherField(reader, start, end, 2, LENGTH_DELIMITED);
    proto = readTensorProto(joined, joined.end);
  }
  reader.end = outerEnd;
  return [name, proto ?? new TensorProto()];
}

function lastOfEachName(tensors: NamedTensorProto[]): NamedTensorProto[] {
  const byName = new Map(tensors);
  return byName.size === tensors.length ? tensors : [...byName];
}

/** The message in one allocation. */
export function encodeExtendedRequest(message: ExtendedRequest): Buffer {
  return encode(message, undefined);
}

/** The message in one allocation. */
export function encodeExtendedResponse(message: ExtendedResponse): Buffer {
  return encode(message, message.error);
}

/** Responses from this size on are worth a copy less. */
const LARGE_BYTES = 256 * 1024;

/**
 * A response that has been measured and is written where it is to be sent from. grpc-js asks a serialized message only for
 * its `byteLength`, takes memory for it and a frame's header, and has it `copy` itself there; a Buffer of a large answer
 * would be filled for nothing but that copy. (A test watches that grpc-js does no more.)
 */
export class LargeResponse {
  constructor(
    private readonly message: ExtendedResponse,
    readonly byteLength: number,
  ) {}

  copy(target: Buffer, start: number): number {
    const { message, byteLength } = this;
    // What measuring finds is kept by the writer until something else is measured: it may have been.
    if (measure(message, message.error) !== byteLength) throw new Error('the message has changed');
    writer.writeTo(target, start);
    write(message, message.error);
    writer.letGo();
    return byteLength;
  }
}

/** The message as grpc-js takes it: its bytes, or for a large one what writes them. */
export function serializeExtendedResponse(message: ExtendedResponse): Buffer | LargeResponse {
  const size = measure(message, message.error);
  if (size >= LARGE_BYTES) return new LargeResponse(message, size);
  return writeAlone(message, message.error, size);
}

const writer = new WireWriter();

function encode(message: ExtendedRequest, error: InBandError | undefined): Buffer {
  return writeAlone(message, error, measure(message, error));
}

function writeAlone(message: ExtendedRequest, error: InBandError | undefined, size: number): Buffer {
  writer.allocate(size);
  write(message, error);
  return writer.finish();
}

/** The message's bytes; the sizes of its parts are left with the writer. */
function measure({ id, tensors }: ExtendedRequest, error: InBandError | undefined): number {
  writer.begin();
  let size = id === 0 ? 0 : 1 + int32Size(id);
  for (let index = 0; index < tensors.length; index++) {
    const place = writer.reserveSize();
    const namePlace = writer.reserveSize();
    const nameSize = writer.setSize(namePlace, textSize(tensors[index][0]));
    let entrySize = 1 + prefixedSize(measureTensorProto(writer, tensors[index][1]));
    if (nameSize > 0) entrySize += 1 + prefixedSize(nameSize);
    size += 1 + prefixedSize(writer.setSize(place, entrySize));
  }
  if (error !== undefined) size += 1 + prefixedSize(measureInBandError(writer, error));
  return size;
}

function write({ id, tensors }: ExtendedRequest, error: InBandError | undefined): void {
  if (id !== 0) {
    writer.uint32(ID_TAG);
    writer.int32(id);
  }
  for (let index = 0; index < tensors.length; index++) {
    writer.uint32(TENSORS_TAG);
    writer.uint32(writer.nextSize());
    const nameSize = writer.nextSize();
    if (nameSize > 0) {
      writer.uint32((1 << 3) | LENGTH_DELIMITED);
      writer.uint32(nameSize);
      writer.text(tensors[index][0], nameSize);
    }
    writer.uint32((2 << 3) | LENGTH_DELIMITED);
    writeTensorProto(writer, tensors[index][1]);
  }
  if (error !== undefined) {
    writer.uint32(ERROR_TAG);
    writeInBandError(writer, error);
  }
}

/** What a message takes beside its tensors' values. */
const ENVELOPE_BYTES = 64;

/** About how many bytes a message of the Extended service holds, without encoding it. */
export function extendedSize({ tensors }: Pick<ExtendedRequest, 'tensors'>): number {
  let size = ENVELOPE_BYTES;
  for (const [, proto] of tensors) size += tensorSize(proto);
  return size;
}

function tensorSize(proto: TensorProto): number {
  if (proto.tensorContent !== undefined) return proto.tensorContent.length;
  const several = proto.stringVal ?? proto.contentParts;
  if (several !== undefined) {
    let size = 0;
    for (const bytes of several) size += bytes.length;
    return size;
  }
  return (
    (proto.floatVal?.byteLength ?? 0) +
    (proto.intVal?.byteLength ?? 0) +
    (proto.int64Val?.byteLength ?? 0) +
    (proto.doubleVal?.byteLength ?? 0) +
    (proto.halfVal?.byteLength ?? 0) +
    (proto.boolVal?.byteLength ?? 0) +
    (proto.uint32Val?.byteLength ?? 0) +
    (proto.uint64Val?.byteLength ?? 0) +
    (proto.scomplexVal?.byteLength ?? 0)
  );
}
