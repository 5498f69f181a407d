import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { eventually } from '../../fixtures/eventually';
import { MIS, ROOT } from '../../fixtures/package';

const DOCUMENT = join(ROOT, 'stacks/pipelines/fall-detection/pipeline.yaml');
const SERVE = [process.execPath, MIS, 'serve', DOCUMENT, '--grpc', '127.0.0.1:0', '--http', '127.0.0.1:0'];

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** A server below a shell, as npm starts programs; resolves when it is ready. */
async function serveBelowShell(env: NodeJS.ProcessEnv) {
  const shell = spawn('sh', ['-c', '"$@" & echo $! ; wait', 'sh', ...SERVE], { env });
  const log: string[] = [];
  let pid = 0;
  createInterface({ input: shell.stdout }).on('line', (line) => (pid = Number(line)));
  createInterface({ input: shell.stderr }).on('line', (line) => log.push(line));
  await eventually(() => expect(log.join('\n')).toContain('"msg":"ready"'));
  return { shell, pid, log };
}

describe('a server whose shell is ended', () => {
  it('stops in order when npm or npx has started it', async () => {
    const { shell, pid, log } = await serveBelowShell({ ...process.env, npm_lifecycle_event: 'npx' });
    shell.kill('SIGTERM');
    await eventually(() => expect(isAlive(pid)).toBe(false));
    expect(log.join('\n')).toMatch(/"msg":"draining"[^]*"msg":"stopped"/);
  });

  it('goes on when it was started otherwise', async () => {
    const env = { ...process.env };
    delete env.npm_lifecycle_event;
    const { shell, pid } = await serveBelowShell(env);
    const ended = new Promise((resolve) => shell.once('exit', resolve));
    shell.kill('SIGTERM');
    await ended;
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(isAlive(pid)).toBe(true);
    process.kill(pid, 'SIGTERM');
    await eventually(() => expect(isAlive(pid)).toBe(false));
  });
});
