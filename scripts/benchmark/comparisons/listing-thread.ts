import { setTimeout as pause } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';

// Lists models until it gets a message, while transfers keep the benchmark's own thread busy.

const PAUSE_MS = 20;

async function list(url: string): Promise<void> {
  const times: number[] = [];
  let underWay = true;
  parentPort?.once('message', () => (underWay = false));
  while (underWay) {
    const startMs = performance.now();
    await (await fetch(url)).text();
    times.push(performance.now() - startMs);
    await pause(PAUSE_MS);
  }
  parentPort?.postMessage(times);
}

void list(workerData as string);
