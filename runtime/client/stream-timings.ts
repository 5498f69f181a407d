import { type Metadata } from '@grpc/grpc-js';

/** Time of one part of the pipeline over the requests of a call. */
export interface StepTiming {
  /** How often it ran. */
  readonly count: number;
  readonly meanMs: number;
  readonly maxMs: number;
}

/**
 * Where the server spent its time: `total` (from the arrival of a request to its answer), `queue`, `model`, and each step of
 * the pipeline by its label, e.g. `preprocessing[0] scale`.
 */
export type StepTimings = Readonly<Record<string, StepTiming>>;

/** The timings in a status's metadata; `undefined` if the server sends none. */
export function readTimings(trailers: Metadata): StepTimings | undefined {
  const [text] = trailers.get('x-step-timings');
  if (text === undefined) return undefined;
  try {
    return JSON.parse(String(text)) as StepTimings;
  } catch {
    return undefined;
  }
}
