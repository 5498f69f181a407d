import { readName } from './name-reader';
import { LENGTH_DELIMITED, type WireReader } from './wire-reader';
import { prefixedSize, textSize, type WireWriter } from './wire-writer';

/** `InferenceError` of both services: why a request failed, answered in its place. */
export interface InBandError {
  /** Name of the gRPC status that says the same, e.g. `INVALID_ARGUMENT`. */
  code: string;
  message: string;
  /** The pipeline step that failed; empty when it was none. */
  step: string;
}

/** Reads an InferenceError up to `end`; what it says replaces what `merged` says. */
export function readInBandError(
  reader: WireReader,
  end: number,
  merged: InBandError = { code: '', message: '', step: '' },
): InBandError {
  const outerEnd = reader.end;
  reader.end = end;
  while (reader.position < end) {
    const tag = reader.tag();
    if (tag === ((1 << 3) | LENGTH_DELIMITED)) merged.code = readName(reader);
    else if (tag === ((2 << 3) | LENGTH_DELIMITED)) merged.message = readName(reader);
    else if (tag === ((3 << 3) | LENGTH_DELIMITED)) merged.step = readName(reader);
    else reader.skip(tag);
  }
  reader.end = outerEnd;
  return merged;
}

/** Bytes of the error without its prefix; sizes are left with the writer. */
export function measureInBandError(writer: WireWriter, error: InBandError): number {
  const place = writer.reserveSize();
  let size = 0;
  for (const text of [error.code, error.message, error.step]) {
    const textBytes = writer.setSize(writer.reserveSize(), textSize(text));
    if (textBytes > 0) size += 1 + prefixedSize(textBytes);
  }
  return writer.setSize(place, size);
}

/** Writes what was measured, its prefix first. */
export function writeInBandError(writer: WireWriter, error: InBandError): void {
  writer.uint32(writer.nextSize());
  let number = 0;
  for (const text of [error.code, error.message, error.step]) {
    number++;
    const size = writer.nextSize();
    if (size === 0) continue;
    writer.uint32((number << 3) | LENGTH_DELIMITED);
    writer.uint32(size);
    writer.text(text, size);
  }
}
