/** Lists models until it gets a message, while transfers keep the benchmark's own thread busy. */
import { parentPort, workerData } from 'node:worker_threads';

const PAUSE_MS = 20;

async function list(url: string): Promise<void> {
  const times: number[] = [];
  let underWay = true;
  parentPort?.once('message', () => (underWay = false));
  while (underWay) {
    const startMs = performance.now();
    await (await fetch(url)).text();
    times.push(performance.now() - startMs);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  parentPort?.postMessage(times);
}

void list(workerData as string);
