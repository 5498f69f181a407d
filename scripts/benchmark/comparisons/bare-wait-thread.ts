import { parentPort } from 'node:worker_threads';

// Compares with the driver's punctuality: a thread that only waits. Other work on the machine delays both alike.

const WAIT_MS = 0.2;
const REPORT_EVERY = 256;

const nothing = new Int32Array(new SharedArrayBuffer(4));
for (let late: number[] = []; ;) {
  const dueMs = performance.now() + WAIT_MS;
  Atomics.wait(nothing, 0, 0, WAIT_MS);
  late.push(performance.now() - dueMs);
  if (late.length < REPORT_EVERY) continue;
  parentPort?.postMessage(late);
  late = [];
}
