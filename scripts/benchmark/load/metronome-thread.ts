import { parentPort, workerData } from 'node:worker_threads';

// Wakes the thread that drives the load when the next request is due. Timers of the event loop count whole milliseconds; a
// wait on shared memory ends within a tenth of one, and keeps no core busy.

/** With what the system takes to wake a thread it comes to about a fifth of a millisecond. */
const REST_MS = 0.12;

const nothing = new Int32Array(new SharedArrayBuffer(4));
const memory = workerData as SharedArrayBuffer;
/** Changes with each new time. */
const turn = new Int32Array(memory, 0, 1);
/** When to wake, on the clock of process.hrtime, in milliseconds. */
const wakeAtMs = new Float64Array(memory, 8, 1);

for (;;) {
  const seen = Atomics.load(turn, 0);
  if (seen < 0) break;
  const waitMs = wakeAtMs[0] - Number(process.hrtime.bigint()) / 1e6;
  if (waitMs > 0 && Atomics.wait(turn, 0, seen, waitMs) !== 'timed-out') continue;
  parentPort?.postMessage(null);
  // What becomes due in the next moment is sent together: to wake costs more than to send. Meanwhile the next time is set,
  // without this thread having to be woken for it.
  Atomics.wait(nothing, 0, 0, REST_MS);
  Atomics.wait(turn, 0, seen);
}
