import { formatBytes } from '../report/format-number';
import { type Machine } from '../../../contracts/benchmark/run-results';

const PROPERTIES: readonly { readonly name: string; readonly of: (machine: Machine) => string }[] = [
  { name: 'processor', of: ({ cpu }) => cpu },
  { name: 'cores', of: ({ cores }) => String(cores) },
  { name: 'memory', of: ({ memoryBytes }) => formatBytes(memoryBytes) },
  { name: 'system', of: ({ system }) => system },
  { name: 'Node', of: ({ node }) => node },
];

/** Where two machines differ, a sentence each; memory counts as different only where it reads differently. */
export function machineDifferences(a: Machine, b: Machine): readonly string[] {
  return PROPERTIES.filter(({ of }) => of(a) !== of(b)).map(
    ({ name, of }) => `${name}: A has ${of(a)}, B has ${of(b)}`,
  );
}
