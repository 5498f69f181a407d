import { Worker } from 'node:worker_threads';
import { threadEntry } from '../../../../contracts/program/thread-entry';

const SAMPLES = 50;
/** About 24 days: no time is set. */
const NEVER_MS = 2 ** 31;

/** A timer with a resolution of a fraction of a millisecond. The creator stops it. */
export class Metronome {
  private readonly memory = new SharedArrayBuffer(16);
  private readonly shared = new Int32Array(this.memory, 0, 1);
  private readonly wakeAtMs = new Float64Array(this.memory, 8, 1);
  private readonly offsetMs = clockOffsetMs();
  private readonly worker: Worker;
  private generation = 0;

  constructor(onTick: () => void) {
    this.setWake(NEVER_MS);
    this.worker = new Worker(threadEntry(__dirname, 'metronome-thread'), { workerData: this.memory });
    this.worker.on('message', onTick);
  }

  /** Calls back once at this time of `performance.now`, or immediately when it has passed; replaces the previous time. */
  wakeAt(ms: number): void {
    this.setWake(Math.min(ms, performance.now() + NEVER_MS) + this.offsetMs);
  }

  async stop(): Promise<void> {
    Atomics.store(this.shared, 0, -1);
    Atomics.notify(this.shared, 0);
    await this.worker.terminate();
  }

  private setWake(ms: number): void {
    this.wakeAtMs[0] = ms;
    this.generation = (this.generation + 1) & 0x7fff_ffff;
    Atomics.store(this.shared, 0, this.generation);
    Atomics.notify(this.shared, 0);
  }
}

/** From `performance.now`, which differs in each thread, to the clock that all threads share. */
function clockOffsetMs(): number {
  let offset = 0;
  let narrowest = Infinity;
  for (let sample = 0; sample < SAMPLES; sample++) {
    const before = performance.now();
    const shared = Number(process.hrtime.bigint()) / 1e6;
    const after = performance.now();
    if (after - before < narrowest) {
      narrowest = after - before;
      offset = shared - (before + after) / 2;
    }
  }
  return offset;
}
