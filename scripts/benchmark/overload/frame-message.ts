const HEADER_BYTES = 5;

/** A message as gRPC sends it, not compressed: its length before it. */
export function frameMessage(message: Uint8Array): Buffer {
  const framed = Buffer.alloc(HEADER_BYTES + message.length);
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, HEADER_BYTES);
  return framed;
}
