import { type Fleet } from './fleet';
import { MarkedLoad } from './marked-load';
import { type Mark } from './marked-pipeline';

/** Servers start with an empty cache of connections; so long nobody is stopped after a new one is there. */
const BETWEEN_MS = 500;

export interface RollingOptions {
  /** What the clients connect to: a balancer, or the only server. */
  readonly address: string;
  readonly mark: Mark;
  readonly streams: number;
  /** Servers are replaced, one after the other, until so many requests are answered and all of them have been. */
  readonly requests: number;
  /** Resolves when the balancer knows that all servers are there. */
  readonly settled: () => Promise<void>;
}

export interface RollingReport {
  readonly requests: number;
  readonly replaced: number;
  /** Calls that a server ended, after which their clients connected anew. */
  readonly exitCodes: readonly (number | null)[];
  readonly longestEndMs: number;
  readonly faults: readonly string[];
}

/** Replaces the servers of a fleet while clients go on; every request must be answered. */
export async function runRollingUpdate(fleet: Fleet, options: RollingOptions): Promise<RollingReport> {
  const { address, mark, streams, requests, settled } = options;
  const load = new MarkedLoad(address, mark, streams, { resend: true });
  const exitCodes: (number | null)[] = [];
  let longestEndMs = 0;
  try {
    for (let replaced = 0; replaced < fleet.size || load.answered < requests; replaced += 1) {
      const index = replaced % fleet.size;
      const { code, endMs } = await fleet.stopOne(index);
      exitCodes.push(code);
      longestEndMs = Math.max(longestEndMs, endMs);
      await fleet.startOne(index);
      await settled();
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
      if (load.faults.length > 0) break;
    }
  } finally {
    await load.stop();
  }
  return {
    requests: load.answered,
    replaced: exitCodes.length,
    exitCodes,
    longestEndMs,
    faults: load.faults,
  };
}
