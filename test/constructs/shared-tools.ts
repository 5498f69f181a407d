import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');

/** Folder of the tools that tests on real parts use; it lies beside the repository, and may be absent. */
export function sharedFolder(): string | undefined {
  return [process.env.MIS_SHARED, join(ROOT, '../shared')].find(
    (path) => path !== undefined && existsSync(path),
  );
}

/** Path of a server's program (envoy, prometheus, promtool, …), fetched by its script where that is not done yet. */
export function serverProgram(name: string): string | undefined {
  const script = join(sharedFolder() ?? '', 'tools/servers', name);
  if (sharedFolder() === undefined || !existsSync(script)) return undefined;
  return execFileSync(script, { encoding: 'utf8', timeout: 120_000 }).trim();
}

/** `describe` where a tool is there; otherwise the tests are skipped under a name that says why. */
export function describeWith<T>(
  tool: string,
  found: T | undefined,
  title: string,
  tests: (found: T) => void,
): void {
  if (found === undefined)
    describe.skip(`${title} (skipped: this machine has no ${tool})`, () => tests(undefined as T));
  else describe(title, () => tests(found));
}
