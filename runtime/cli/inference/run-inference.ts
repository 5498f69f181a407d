import { setTimeout as wait } from 'node:timers/promises';
import {
  CallError,
  InferenceClient,
  type InferenceClientOptions,
  type Inputs,
  type StepTimings,
} from '../../client';
import { buildRequests, type RequestSource } from './build-requests';
import { type AnswerFormat } from './answer-format';
import { formatAnswer } from './print-answer';
import { type InferenceOutput } from './standard-output';

export interface InferenceRun {
  readonly client: InferenceClientOptions;
  readonly source: RequestSource;
  readonly format: AnswerFormat;
  /** Milliseconds between requests; 0: as fast as they are answered. */
  readonly intervalMs: number;
  /** Whether the server is asked where it spends its time. */
  readonly timings?: boolean;
}

/**
 * Sends the requests over one stream and prints each answer as it comes.
 * @throws Error when a request failed, once all are answered, or when the call failed; FileError.
 */
export async function runInference(run: InferenceRun, output: InferenceOutput): Promise<void> {
  const requests = buildRequests(run.source);
  const client = new InferenceClient(run.client);
  const started = performance.now();
  let answered = 0;
  let failed = 0;
  const timings: StepTimings[] = [];
  const streamOptions = run.timings ? { onTimings: (taken: StepTimings) => void timings.push(taken) } : {};
  try {
    for await (const answer of client.stream(paced(requests, run.intervalMs), streamOptions)) {
      answered += 1;
      if (answer.error !== undefined) failed += 1;
      if (!(await output.answer(formatAnswer(answer, run.format)))) return;
    }
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    throw new Error(`${run.client.address}: ${error.code}: ${error.message}`, { cause: error });
  } finally {
    client.close();
  }
  const seconds = (performance.now() - started) / 1000;
  output.remark(`${count(answered, 'answer')} in ${seconds.toFixed(seconds < 10 ? 3 : 1)} s`);
  for (const line of timings.flatMap(describeTimings)) output.remark(line);
  if (failed > 0) throw new Error(`${failed} of ${count(requests.length, 'request')} failed`);
}

/** A line for each part of the server's way, in its order. */
function describeTimings(timings: StepTimings): string[] {
  const labels = Object.entries(timings);
  const width = Math.max(...labels.map(([label]) => label.length));
  return labels.map(
    ([label, { count: times, meanMs, maxMs }]) =>
      `  ${label.padEnd(width)}  ${times} times, mean ${meanMs.toFixed(3)} ms, at most ${maxMs.toFixed(3)} ms`,
  );
}

async function* paced(requests: readonly Inputs[], intervalMs: number): AsyncGenerator<Inputs> {
  const started = performance.now();
  for (const [index, request] of requests.entries()) {
    const early = started + index * intervalMs - performance.now();
    if (intervalMs > 0 && early > 0) await wait(early);
    yield request;
  }
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
