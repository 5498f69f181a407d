import { Worker } from 'node:worker_threads';
import { threadEntry } from '../../../contracts/program/thread-entry';

const SAMPLES = 50;
/** About 24 days: no time is armed. */
const NEVER_MS = 2 ** 31;

/** Calls back at times that are set to a fraction of a millisecond. Whoever makes one stops it. */
export class Metronome {
  private readonly memory = new SharedArrayBuffer(16);
  private readonly turn = new Int32Array(this.memory, 0, 1);
  private readonly wakeAtMs = new Float64Array(this.memory, 8, 1);
  private readonly offsetMs = clockOffsetMs();
  private readonly worker: Worker;
  private turns = 0;

  constructor(onTick: () => void) {
    this.setWake(NEVER_MS);
    this.worker = new Worker(threadEntry(__dirname, 'metronome-thread'), { workerData: this.memory });
    this.worker.on('message', onTick);
  }

  /** Calls back once at this time of `performance.now`, or at once when it has passed; a time set before is forgotten. */
  wakeAt(ms: number): void {
    this.setWake(Math.min(ms, performance.now() + NEVER_MS) + this.offsetMs);
  }

  async stop(): Promise<void> {
    Atomics.store(this.turn, 0, -1);
    Atomics.notify(this.turn, 0);
    await this.worker.terminate();
  }

  private setWake(ms: number): void {
    this.wakeAtMs[0] = ms;
    this.turns = (this.turns + 1) & 0x7fff_ffff;
    Atomics.store(this.turn, 0, this.turns);
    Atomics.notify(this.turn, 0);
  }
}

/** From `performance.now`, which begins anew in each thread, to the clock that all threads share. */
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
