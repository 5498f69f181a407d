import { type Machine } from '../../../../contracts/benchmark/run-results';
import { formatBytes } from '../format-number';

/** `2 cores of …, 8.3 GB, Linux …, Node v20.20.2`. */
export function describeMachine({ cpu, cores, memoryBytes, system, node }: Machine): string {
  return `${cores} ${cores === 1 ? 'core' : 'cores'} of ${cpu}, ${formatBytes(memoryBytes)}, ${system}, Node ${node}`;
}
