import { setFlagsFromString } from 'node:v8';
import { readMemoryLimit } from '../machine/memory-limit';
import { planMemory } from '../machine/memory-plan';

// Imported first: in a container with a memory limit the heap is limited to its share. By default V8 takes 256 MB and more
// for each thread whatever the limit is, and the system kills the process without a message.

/** Node.js 22.15 and later: replaces the program of this process. */
type Execve = (file: string, args: readonly string[], env: NodeJS.ProcessEnv) => never;

const FLAG = '--max-old-space-size';

function limitHeap(): void {
  const { argv, execArgv, execPath, env } = process;
  const limitBytes = readMemoryLimit();
  if (argv[2] !== 'serve' || limitBytes === undefined) return;
  if (execArgv.some((flag) => flag.startsWith(FLAG)) || env.NODE_OPTIONS?.includes(FLAG)) return;
  const flag = `${FLAG}=${planMemory(limitBytes).heapMib}`;
  const { execve } = process as NodeJS.Process & { readonly execve?: Execve };
  // The limit of an existing heap cannot be changed: without execve only the heaps of threads are limited.
  if (execve === undefined) setFlagsFromString(flag);
  else execve.call(process, execPath, [execPath, ...execArgv, flag, ...argv.slice(1)], env);
}

limitHeap();
