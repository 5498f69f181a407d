const MIB = 1024 * 1024;

/** What the server's own objects need at least, in MiB. */
const LEAST_HEAP_MIB = 64;
const HEAP_SHARE = 1 / 4;
/** What the program takes with nothing to do. */
const IDLE_BYTES = 128 * MIB;
/**
 * Of the rest. A large request is in memory up to ten times: as it came, for the model and from it, on its way to the thread
 * of a component and back, and as its answer; and what is no longer needed is freed late. One that comes in, one that waits
 * and one that is worked on have to fit (npm run soak -- limited).
 */
const IN_FLIGHT_SHARE = 1 / 32;
const LEAST_IN_FLIGHT_BYTES = 4 * MIB;

/** How the memory of a container is divided. What is left is for the program, the models and their runs. */
export interface MemoryPlan {
  /** Most that the old objects of a thread's heap may take, in MiB. */
  readonly heapMib: number;
  /**
   * Most bytes of requests of one pipeline between admission and answer; as many may be on their way in. Also the largest
   * message that is received, and most bytes of answers that are not taken, where the operator says nothing else.
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
