import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** What the tool compiles: the program in its cache, and the folder of its source. */
const SOURCES = [
  ['kube', 'kube'],
  ['coredns', 'dns'],
  ['pause', 'pause'],
] as const;

/** Where the cluster's tool keeps programs, state and its kubeconfig. */
export function clusterCache(): string {
  const caches = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  return process.env.TEST_CLUSTER_CACHE ?? join(caches, 'test-cluster');
}

/** Whether the tool brings its programs made for this machine; else it compiles them for a quarter of an hour. */
export function hasPrebuiltPrograms(tool: string): boolean {
  const architecture = { x64: 'amd64' as string, arm64: 'arm64' }[process.arch as string] ?? process.arch;
  return existsSync(join(tool, `prebuilt-linux-${architecture}.tar.xz`));
}

/** Whether every program is there and newer than its source, so that starting compiles nothing. */
export function programsAreCurrent(tool: string, cache: string): boolean {
  return SOURCES.every(([program, folder]) => {
    const path = join(cache, 'bin', program);
    return existsSync(path) && statSync(path).mtimeMs >= newestFile(join(tool, folder));
  });
}

/**
 * Lets the tool unpack its prebuilt programs again where its files are younger than those in the cache, as after a new
 * copy of the tools: by itself it would compile what it could unpack.
 */
export function dropStalePrograms(tool: string, cache = clusterCache()): void {
  if (!hasPrebuiltPrograms(tool) || programsAreCurrent(tool, cache)) return;
  for (const [program] of SOURCES) rmSync(join(cache, 'bin', program), { force: true });
}

function newestFile(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return Math.max(0, ...files.map(({ parentPath, name }) => statSync(join(parentPath, name)).mtimeMs));
}
