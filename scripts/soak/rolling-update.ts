import { type Fleet } from './fleet';
import { MarkedLoad } from './marked-load';
import { type Mark } from './marked-pipeline';

/** So long clients settle on a new server before the next one is stopped. */
const BETWEEN_MS = 500;
const FLOW_LIMIT_MS = 30_000;

export interface RollingOptions {
  /** What the clients connect to: a balancer, or the only server. */
  readonly address: string;
  readonly mark: Mark;
  readonly streams: number;
  /** Servers are replaced one after the other until this many requests are answered and each was replaced. */
  readonly requests: number;
  /** Resolves when the balancer knows that all servers are there. */
  readonly settled: () => Promise<void>;
}

export interface RollingReport {
  readonly requests: number;
  readonly replaced: number;
  readonly exitCodes: readonly (number | null)[];
  readonly longestEndMs: number;
  readonly faults: readonly string[];
}

/** Until the load flows: a server is to be stopped in the midst of it. */
async function untilMore(load: MarkedLoad): Promise<void> {
  const { answered } = load;
  const endMs = performance.now() + FLOW_LIMIT_MS;
  while (load.answered === answered && load.faults.length === 0) {
    if (performance.now() > endMs) throw new Error(`no answer within ${FLOW_LIMIT_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
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
      await untilMore(load);
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
