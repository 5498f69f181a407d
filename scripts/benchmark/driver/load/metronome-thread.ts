import { parentPort, workerData } from 'node:worker_threads';

// Wakes the driving thread when the next request is due. Timers of the event loop have a resolution of 1 ms; a wait on
// shared memory ends within 0.1 ms, and uses no CPU.

/** Together with the wake-up time of a thread about 0.2 ms. */
const REST_MS = 0.12;

const nothing = new Int32Array(new SharedArrayBuffer(4));
const memory = workerData as SharedArrayBuffer;
/** Changes with each new time. */
const generation = new Int32Array(memory, 0, 1);
/** When to wake, on the clock of process.hrtime, in milliseconds. */
const wakeAtMs = new Float64Array(memory, 8, 1);

for (;;) {
  const seen = Atomics.load(generation, 0);
  if (seen < 0) break;
  const waitMs = wakeAtMs[0] - Number(process.hrtime.bigint()) / 1e6;
  if (waitMs > 0 && Atomics.wait(generation, 0, seen, waitMs) !== 'timed-out') continue;
  parentPort?.postMessage(null);
  // Requests that become due in the next moment are sent together: waking costs more than sending. Meanwhile the driver sets
  // the next time, without waking this thread.
  Atomics.wait(nothing, 0, 0, REST_MS);
  Atomics.wait(generation, 0, seen);
}
