import { arrayConstructor, type DType, type NumericDType } from '../../tensor/dtype';
import { type NamedTensors, type Tensor } from '../../tensor/tensor';
import { type SharedMemory } from './shared-memory';

/**
 * How messages cross between processes: 4 bytes size of the head, 4 bytes size of the body (both little-endian), the head as
 * JSON, the body as raw bytes. The head's `tensors` say where in the body, or in shared memory, each tensor lies.
 */
export interface Frame<M> {
  readonly message: M;
  readonly tensors: NamedTensors;
}

/** Tensors from this size on go through shared memory, where it has room. */
const SHARED_BYTES = 1024 * 1024;
const SIZES_BYTES = 8;
/** Pieces of a body begin at multiples of this, so that any array can lie there. */
const ALIGNMENT = 8;

interface PlacedTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly at: number;
  readonly bytes: number;
  readonly isShared?: boolean;
  /** Length of each string; its bytes are at `at`, one after the other. */
  readonly lengths?: readonly number[];
}

interface Head<M> {
  readonly message: M;
  readonly tensors: Readonly<Record<string, PlacedTensor>>;
}

/** Pieces of a frame, to be written one after the other. */
export function encodeFrame(message: object, tensors: NamedTensors = {}, shared?: SharedMemory): Buffer[] {
  const body: Buffer[] = [];
  let bodyBytes = 0;
  const append = (piece: Buffer): number => {
    const padding = -bodyBytes & (ALIGNMENT - 1);
    if (padding > 0) body.push(Buffer.alloc(padding));
    body.push(piece);
    const at = bodyBytes + padding;
    bodyBytes = at + piece.length;
    return at;
  };
  shared?.reset();
  const placed: Record<string, PlacedTensor> = {};
  for (const name in tensors) {
    const { dtype, shape, data } = tensors[name];
    if (Array.isArray(data)) {
      const piece = Buffer.concat(data);
      const lengths = data.map(({ length }) => length);
      placed[name] = { dtype, shape, at: append(piece), bytes: piece.length, lengths };
      continue;
    }
    const piece = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    const at = piece.length >= SHARED_BYTES ? shared?.write(piece) : undefined;
    placed[name] =
      at === undefined
        ? { dtype, shape, at: append(piece), bytes: piece.length }
        : { dtype, shape, at, bytes: piece.length, isShared: true };
  }
  const head = Buffer.from(JSON.stringify({ message, tensors: placed } satisfies Head<object>));
  const sizes = Buffer.allocUnsafe(SIZES_BYTES);
  sizes.writeUInt32LE(head.length, 0);
  sizes.writeUInt32LE(bodyBytes, 4);
  return [sizes, head, ...body];
}

/** Puts frames together from the chunks of a stream. */
export class FrameReader<M> {
  private readonly sizes = Buffer.alloc(SIZES_BYTES);
  private head: Buffer | undefined;
  private body = Buffer.alloc(0);
  /** Bytes that are there of the part that is being read: sizes, then head, then body. */
  private filled = 0;

  /**
   * @param sharedOf the shared memory of a message
   * @param allocate memory for a tensor that lies in shared memory
   */
  constructor(
    private readonly onFrame: (frame: Frame<M>) => void,
    private readonly sharedOf: (message: M) => SharedMemory,
    private readonly allocate: (bytes: number) => ArrayBuffer = (bytes) => new ArrayBuffer(bytes),
  ) {}

  take(chunk: Buffer): void {
    let at = 0;
    for (;;) {
      const part = this.part();
      const count = Math.min(part.length - this.filled, chunk.length - at);
      chunk.copy(part, this.filled, at, at + count);
      this.filled += count;
      at += count;
      if (this.filled < part.length) return;
      this.filled = 0;
      this.complete(part);
    }
  }

  private part(): Buffer {
    if (this.head === undefined) return this.sizes;
    return this.isInBody ? this.body : this.head;
  }

  private isInBody = false;

  private complete(part: Buffer): void {
    if (part === this.sizes) {
      this.head = Buffer.allocUnsafe(this.sizes.readUInt32LE(0));
      // Memory of its own: the tensors stay there.
      this.body = Buffer.from(new ArrayBuffer(this.sizes.readUInt32LE(4)));
    } else if (part === this.head) {
      this.isInBody = true;
    } else {
      const { head, body } = this;
      this.head = undefined;
      this.isInBody = false;
      this.onFrame(this.decode(JSON.parse(head!.toString()) as Head<M>, body));
    }
  }

  private decode({ message, tensors: placed }: Head<M>, body: Buffer): Frame<M> {
    const tensors: Record<string, Tensor> = {};
    for (const name in placed) tensors[name] = this.tensorAt(placed[name], message, body);
    return { message, tensors };
  }

  private tensorAt(
    { dtype, shape, at, bytes, isShared, lengths }: PlacedTensor,
    message: M,
    body: Buffer,
  ): Tensor {
    if (lengths !== undefined) {
      let end = at;
      return { dtype, shape, data: lengths.map((length) => body.subarray(end, (end += length))) };
    }
    let memory = body.buffer;
    let offset = at;
    if (isShared) {
      memory = this.allocate(bytes);
      offset = 0;
      this.sharedOf(message).read(new Uint8Array(memory, 0, bytes), at);
    }
    const Data = arrayConstructor(dtype as NumericDType);
    return { dtype, shape, data: new Data(memory, offset, bytes / Data.BYTES_PER_ELEMENT) };
  }
}
