import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes of transferred buffers after which unused ones are collected. */
const LOOK_EVERY_BYTES = 8 * 1024 * 1024;

/**
 * Keeps the memory of the service independent of transfers. Their buffers are outside the JavaScript heap, and V8 lets
 * 64 MB of unused ones pile up before it collects any. Here a minor collection runs after every 8 MB; it takes a
 * millisecond.
 */
export class TransferMemory {
  private readonly collect: (options: { readonly type: 'minor' }) => void;
  private bytes = 0;

  constructor() {
    setFlagsFromString('--expose-gc');
    this.collect = runInNewContext('gc') as (options: { readonly type: 'minor' }) => void;
  }

  /** To be called with the bytes of each buffer that was received or sent. */
  passed(bytes: number): void {
    this.bytes += bytes;
    if (this.bytes < LOOK_EVERY_BYTES) return;
    this.bytes = 0;
    this.collect({ type: 'minor' });
  }
}
