const MIB = 1024 * 1024;

/** What the server's own objects need at least, in MiB. */
const LEAST_HEAP_MIB = 64;
const HEAP_SHARE = 1 / 4;
/** A request is in memory several times: as it came, for the model, as the model's outputs, and as its answer. */
const IN_FLIGHT_SHARE = 1 / 8;
const LEAST_MESSAGE_BYTES = 4 * MIB;

/** How the memory of a container is divided. What is left is for the program, the models and their runs. */
export interface MemoryPlan {
  /** Most that the old objects of a thread's heap may take, in MiB. */
  readonly heapMib: number;
  /** Most bytes of requests of one pipeline between arrival and answer. */
  readonly inFlightBytes: number;
  /** Largest message that is received when the operator says nothing else. */
  readonly messageBytes: number;
}

/** @param limitBytes what the container may use */
export function planMemory(limitBytes: number): MemoryPlan {
  const inFlightBytes = Math.floor(limitBytes * IN_FLIGHT_SHARE);
  return {
    heapMib: Math.max(LEAST_HEAP_MIB, Math.floor((limitBytes * HEAP_SHARE) / MIB)),
    inFlightBytes,
    messageBytes: Math.max(LEAST_MESSAGE_BYTES, Math.floor(inFlightBytes / MIB) * MIB),
  };
}
