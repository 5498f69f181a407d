import { readFile } from 'node:fs/promises';
import { type Reading, type ResourceSource } from './resource-sampler';

/** Linux counts CPU in hundredths of a second for every program. */
const TICKS_PER_SECOND = 100;

/** A process of this machine, for servers that do not expose their CPU. */
export class ProcessSource implements ResourceSource {
  readonly location: string;

  constructor(
    readonly name: string,
    private readonly pid: number,
  ) {
    this.location = `process ${pid}`;
  }

  async read(): Promise<Reading> {
    const [stat, status] = await Promise.all([
      readFile(`/proc/${this.pid}/stat`, 'utf8'),
      readFile(`/proc/${this.pid}/status`, 'utf8'),
    ]);
    // After the name in parentheses, which may contain anything, user time is the 12th field, system time the 13th.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const kibibytes = /^VmRSS:\s+(\d+)/m.exec(status)?.[1];
    return {
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
      ...(kibibytes !== undefined && { memoryBytes: Number(kibibytes) * 1024 }),
    };
  }
}
