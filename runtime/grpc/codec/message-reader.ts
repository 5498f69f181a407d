import { MalformedMessageError } from './malformed-message-error';
import { VARINT, WireReader } from './wire-reader';

/** Field number of the id in the messages of both services. */
export const ID_TAG = (1 << 3) | VARINT;

/** Runs `read` on a message; when the message is malformed, the error carries its id if that can still be read. */
export function readMessage<M>(bytes: Uint8Array, read: (reader: WireReader) => M): M {
  const buffer = Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    return read(new WireReader(buffer));
  } catch (error) {
    if (!(error instanceof MalformedMessageError)) throw error;
    throw new MalformedMessageError(error.message, readId(new WireReader(buffer)));
  }
}

/** The last id among the fields that can be stepped over. */
function readId(reader: WireReader): number {
  let id = 0;
  try {
    while (reader.position < reader.end) {
      const tag = reader.tag();
      if (tag === ID_TAG) id = reader.int32();
      else reader.skip(tag);
    }
  } catch {
    // The rest cannot be read: that is why the message was refused.
  }
  return id;
}
