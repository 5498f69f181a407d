import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes of buffers that may pass before those that are done with are looked for. */
const LOOK_EVERY_BYTES = 8 * 1024 * 1024;

/**
 * Keeps the memory of the service independent of what passes through it. Buffers of transfers lie outside the JavaScript
 * heap, and left to itself V8 lets 64 MB of dead ones gather before it looks: here it looks at the young ones, which takes
 * a millisecond, after each 8 MB.
 */
export class TransferMemory {
  private readonly collect: (options: { readonly type: 'minor' }) => void;
  private bytes = 0;

  constructor() {
    setFlagsFromString('--expose-gc');
    this.collect = runInNewContext('gc') as (options: { readonly type: 'minor' }) => void;
  }

  /** Tells that a buffer of so many bytes was received or sent. */
  passed(bytes: number): void {
    this.bytes += bytes;
    if (this.bytes < LOOK_EVERY_BYTES) return;
    this.bytes = 0;
    this.collect({ type: 'minor' });
  }
}
