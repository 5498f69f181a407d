import { execFileSync } from 'node:child_process';
import { sharedFile } from '../../scripts/shared-folder';

/** Path of a server's program (envoy, prometheus, promtool, …), fetched by its script where that is not done yet. */
export function serverProgram(name: string): string | undefined {
  const script = sharedFile(`tools/servers/${name}`);
  return script && execFileSync(script, { encoding: 'utf8', timeout: 120_000 }).trim();
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
