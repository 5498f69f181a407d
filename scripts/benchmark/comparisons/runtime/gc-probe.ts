import { GCProfiler, getHeapStatistics } from 'node:v8';

// Preloaded into a server that bench:runtime measures. SIGUSR2 starts a profile of the garbage collector; the next one ends
// it and writes a line to the log.

let running: { readonly profiler: GCProfiler; readonly usedBytes: number } | undefined;

process.on('SIGUSR2', () => {
  if (running === undefined) {
    running = { profiler: new GCProfiler(), usedBytes: getHeapStatistics().used_heap_size };
    running.profiler.start();
    return;
  }
  const { statistics } = running.profiler.stop();
  let usedBytes = running.usedBytes;
  running = undefined;
  let collectorUs = 0;
  let allocatedBytes = 0;
  for (const { cost, beforeGC, afterGC } of statistics) {
    collectorUs += cost;
    // What the heap has grown by since the previous collection.
    allocatedBytes += Math.max(0, beforeGC.heapStatistics.usedHeapSize - usedBytes);
    usedBytes = afterGC.heapStatistics.usedHeapSize;
  }
  allocatedBytes += Math.max(0, getHeapStatistics().used_heap_size - usedBytes);
  const profile = {
    msg: 'gc-profile',
    node: process.version,
    collectorMs: collectorUs / 1000,
    allocatedBytes,
  };
  process.stderr.write(`${JSON.stringify(profile)}\n`);
});
