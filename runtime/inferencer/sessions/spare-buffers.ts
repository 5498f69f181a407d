/** Copies from this size on are worth keeping their memory: fresh memory costs more than the copy itself. */
export const LARGE_BYTES = 64 * 1024;
/** What a model's next run needs, and one more. */
const MOST_SPARES = 4;

/** Memory that has been to a model's thread and back, for the next copies of the same size. */
export class SpareBuffers {
  private spares: ArrayBuffer[] = [];

  /** A copy of `data` that fills its buffer. */
  copy<T extends NodeJS.TypedArray>(data: T): T {
    const at = this.spares.findIndex(({ byteLength }) => byteLength === data.byteLength);
    if (at < 0) return data.slice() as T;
    const [buffer] = this.spares.splice(at, 1);
    const copy = new (data.constructor as new (buffer: ArrayBuffer) => T)(buffer);
    copy.set(data as never);
    return copy;
  }

  /** Takes back what came back; of more than a few, the oldest are let go. */
  keep(buffers: readonly ArrayBuffer[]): void {
    this.spares = [...this.spares, ...buffers].slice(-MOST_SPARES);
  }
}
