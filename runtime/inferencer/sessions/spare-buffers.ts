/** Copies from this size on are worth keeping their memory: fresh memory costs more than the copy itself. */
export const LARGE_BYTES = 64 * 1024;
/** What a model's next run needs, and one more. */
const MOST_SPARES = 4;

/** Memory that has been to a model's thread and back, for the next copies of the same size. */
export class SpareBuffers {
  private spares: ArrayBuffer[] = [];

  /** A copy of `data` that fills its buffer. */
  copy<T extends NodeJS.TypedArray>(data: T): T {
    const buffer = this.find(data.byteLength);
    if (buffer === undefined) return data.slice() as T;
    const copy = new (data.constructor as new (buffer: ArrayBuffer) => T)(buffer);
    copy.set(data as never);
    return copy;
  }

  /** Memory of this size, which may hold anything. */
  take(bytes: number): ArrayBuffer {
    return this.find(bytes) ?? new ArrayBuffer(bytes);
  }

  private find(bytes: number): ArrayBuffer | undefined {
    const at = this.spares.findIndex(({ byteLength }) => byteLength === bytes);
    return at < 0 ? undefined : this.spares.splice(at, 1)[0];
  }

  /** Takes back what came back; of more than a few, the oldest are let go. */
  keep(buffers: readonly ArrayBuffer[]): void {
    this.spares = [...this.spares, ...buffers].slice(-MOST_SPARES);
  }
}
