const MIB = 1024 * 1024;

/** Least heap for the server's own objects, in MiB. */
const LEAST_HEAP_MIB = 64;
const HEAP_SHARE = 1 / 4;
/** Memory of the idle program. */
const IDLE_BYTES = 128 * MIB;
/**
 * Share of the rest for requests in flight. A large request is in memory up to ten times: as received, as input and output
 * of the model, on its way to a component's thread and back, and as its answer; and memory is freed late. One that arrives,
 * one that waits and one that runs have to fit (npm run soak -- limited).
 */
const IN_FLIGHT_SHARE = 1 / 32;
const LEAST_IN_FLIGHT_BYTES = 4 * MIB;

/** How the memory of a container is divided. The rest is for the program, the models and their runs. */
export interface MemoryPlan {
  /** Limit of the old generation of a thread's heap, in MiB. */
  readonly heapMib: number;
  /**
   * Most bytes of requests of one pipeline between admission and answer; as many again may be arriving. Also the default of
   * `--max-message` and `--max-unread`.
   */
  readonly inFlightBytes: number;
}

/** @param limitBytes what the container may use */
export function planMemory(limitBytes: number): MemoryPlan {
  const inFlightMib = Math.floor(((limitBytes - IDLE_BYTES) * IN_FLIGHT_SHARE) / MIB);
  return {
    heapMib: Math.max(LEAST_HEAP_MIB, Math.floor((limitBytes * HEAP_SHARE) / MIB)),
    inFlightBytes: Math.max(LEAST_IN_FLIGHT_BYTES, inFlightMib * MIB),
  };
}
