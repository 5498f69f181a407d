import { arch, availableParallelism, cpus, release, totalmem, type as systemName } from 'node:os';
import { type Machine } from '../../../contracts/benchmark/run-results';

/** The machine that the driver runs on. */
export function thisMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() || arch(),
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    system: `${systemName()} ${release()} ${arch()}`,
    node: process.version,
  };
}
