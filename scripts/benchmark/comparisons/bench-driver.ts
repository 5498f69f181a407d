import { spawnSync } from 'node:child_process';
import { loadavg } from 'node:os';
import { Worker } from 'node:worker_threads';
import { parseProfile } from '../../../contracts/benchmark/read-profile';
import { type Measurement } from '../../../contracts/benchmark/run-results';
import { threadEntry } from '../../../contracts/program/thread-entry';
import { runProfile } from '../driver/run-profile';
import { inTurns, median, medianRatio, percentile, say, sayMachine } from './figures';
import { SERVER_CPU, startProgram, using } from './served';

// npm run bench:driver: what the driver of mis-bench itself can do, against an echo of bytes in another process.

const ROUNDS = 3;
const WANTED = { answersPerSecond: 100_000, latenessMs: 1 };
const CLOSED_LOOP =
  '{ profile: closed-loop, data: { use: fall-detection }, clients: 1, inFlight: 512, warmUp: 1s, measure: 4s }';
const DEVICES = '{ profile: fall-detection, clients: 16, devices: 160, rate: 2, warmUp: 1s, measure: 5s }';

async function measure(address: string, document: string): Promise<Measurement> {
  const profile = parseProfile(document, 'bench-driver');
  const { measurements, endedEarly } = await runProfile(profile, { address }, { deployment: 'echo' });
  if (endedEarly !== undefined) throw new Error(endedEarly);
  return measurements[0];
}

async function throughput(address: string): Promise<void> {
  const { rates } = await inTurns(ROUNDS, {
    rates: async () => (await measure(address, CLOSED_LOOP)).answersPerSecond,
  });
  const rate = median(rates);
  say(
    'closed loop, one driver process',
    `${rate.toFixed(0)} answers/s (≥ ${WANTED.answersPerSecond} wanted), ratio ${(rate / WANTED.answersPerSecond).toFixed(2)}; rounds ${list(rates, 0)}`,
  );
}

async function punctuality(address: string, how: string): Promise<void> {
  const { rounds } = await inTurns(ROUNDS, { rounds: () => besideBareWait(measure(address, DEVICES)) });
  const found = rounds.map(({ result }) => result);
  const bare = rounds.map(({ bareP99 }) => bareP99);
  const p99 = found.map(({ driver }) => driver.lateness.p99);
  const middle = (of: (measurement: Measurement) => number): string => median(found.map(of)).toFixed(3);
  const sum = (of: 'sent' | 'lost'): number => found.reduce((total, { counts }) => total + counts[of], 0);
  say(
    `16 clients × 160 devices × 2/s, ${how}: schedule error`,
    `median ${middle(({ driver }) => driver.lateness.median)} ms, p99 ${median(p99).toFixed(3)} ms (≤ ${WANTED.latenessMs} wanted), ratio ${(median(p99) / WANTED.latenessMs).toFixed(2)}; rounds ${list(p99, 3)}`,
  );
  say(
    '  a thread that only waits, at the same time',
    `p99 ${median(bare).toFixed(3)} ms late; the driver's to this: ${medianRatio(p99, bare).toFixed(2)}`,
  );
  say(
    '  the driver',
    `${(median(found.map(({ driver }) => driver.cpuShare)) * 100).toFixed(0)} % of a core; ${sum('lost')} of ${sum('sent')} lost; echo median ${middle(({ fromDue }) => fromDue.median)} ms, p99 ${middle(({ fromDue }) => fromDue.p99)} ms`,
  );
}

/** Beside `work`, the 99th percentile of how late a thread wakes that does nothing but wait, in milliseconds. */
async function besideBareWait<T>(work: Promise<T>): Promise<{ result: T; bareP99: number }> {
  const late: number[] = [];
  const thread = new Worker(threadEntry(__dirname, 'bare-wait-thread'));
  thread.on('message', (some: number[]) => late.push(...some));
  const result = await work;
  await thread.terminate();
  return { result, bareP99: percentile(late, 99) };
}

/** Gives this process and its children real-time priority, where that is allowed. */
function goFirst(): boolean {
  return spawnSync('chrt', ['--rr', '--pid', '20', String(process.pid)]).status === 0;
}

function list(values: readonly number[], digits: number): string {
  return values.map((value) => value.toFixed(digits)).join(', ');
}

async function main(): Promise<void> {
  sayMachine(`echo pinned to one core; load ${loadavg()[0].toFixed(1)}`);
  await using(startProgram('raw-echo-server', [], SERVER_CPU), async ({ ready: { grpc } }) => {
    await throughput(grpc);
    await punctuality(grpc, 'as it is');
    if (goFirst()) await punctuality(grpc, 'real-time priority');
    else say('real-time priority', 'not measured: this process may not have it (chrt)');
  });
}

void main();
