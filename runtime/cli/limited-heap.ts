import { setFlagsFromString } from 'node:v8';
import { readMemoryLimit } from '../machine/memory-limit';
import { planMemory } from '../machine/memory-plan';

// Imported before all else of the program: in a container with a limit the heap gets its share of it. Left alone, V8 takes
// 256 MB and more for each thread whatever the container has, and the system ends the process without a word.

/** Node.js 22.15 and later: becomes another program, in the same process. */
type Execve = (file: string, args: readonly string[], env: NodeJS.ProcessEnv) => never;

const FLAG = '--max-old-space-size';

function limitHeap(): void {
  const { argv, execArgv, execPath, env } = process;
  const limitBytes = readMemoryLimit();
  if (argv[2] !== 'serve' || limitBytes === undefined) return;
  if (execArgv.some((flag) => flag.startsWith(FLAG)) || env.NODE_OPTIONS?.includes(FLAG)) return;
  const flag = `${FLAG}=${planMemory(limitBytes).heapMib}`;
  const { execve } = process as NodeJS.Process & { readonly execve?: Execve };
  // The limit of a heap that is there cannot be changed. Without the call above only those of the threads are limited.
  if (execve === undefined) setFlagsFromString(flag);
  else execve.call(process, execPath, [execPath, ...execArgv, flag, ...argv.slice(1)], env);
}

limitHeap();
