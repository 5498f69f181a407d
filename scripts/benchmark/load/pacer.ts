import { type Lane } from './lane';

/** Decides when each client sends. */
export interface Pacer {
  /** Between these times of `performance.now`. */
  start(startMs: number, untilMs: number): void;
  /** So many of a client's requests have been answered. */
  answered(lane: Lane, count: number): void;
  /** A client's stream had ended with its requests and is there again. */
  reopened(lane: Lane): void;
  /** The time is over: sends what was due in it and could not be sent yet, as the driver was late. */
  complete(): void;
  /** Nothing is sent afterwards. */
  stop(): Promise<void>;
}
