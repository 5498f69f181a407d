const HEADER_BYTES = 5;

/** Follows the messages of a stream by the headers of their gRPC frames. */
export class FrameFollower {
  private readonly header = Buffer.alloc(HEADER_BYTES);
  private headerBytes = 0;
  private remaining = 0;

  /**
   * @param onHeader called when the size of the next message is known, before what there is of it
   * @param onEnd called when a message has come to its end
   */
  constructor(
    private readonly onHeader: (bytes: number) => void,
    private readonly onEnd: () => void,
  ) {}

  take(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.remaining > 0) {
        const taken = Math.min(this.remaining, chunk.length - at);
        this.remaining -= taken;
        at += taken;
        if (this.remaining === 0) this.onEnd();
        continue;
      }
      const taken = Math.min(HEADER_BYTES - this.headerBytes, chunk.length - at);
      chunk.copy(this.header, this.headerBytes, at, at + taken);
      this.headerBytes += taken;
      at += taken;
      if (this.headerBytes < HEADER_BYTES) return;
      this.headerBytes = 0;
      this.remaining = this.header.readUInt32BE(1);
      this.onHeader(this.remaining);
      if (this.remaining === 0) this.onEnd();
    }
  }
}
