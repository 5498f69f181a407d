import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  clusterCache,
  dropStalePrograms,
  hasPrebuiltPrograms,
  programsAreCurrent,
} from '../../scripts/cluster/cluster-programs';
import { sharedFile } from '../../scripts/shared-folder';

/** Where the tool that starts a Kubernetes on this machine is; undefined too where it would first have to be compiled. */
export function clusterTool(): string | undefined {
  const folder = sharedFile('tools/cluster');
  if (folder === undefined || !existsSync(join(folder, 'up'))) return undefined;
  return hasPrebuiltPrograms(folder) || programsAreCurrent(folder, clusterCache()) ? folder : undefined;
}

export interface Answer {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A Kubernetes API on this machine; started without a node where none runs, and then stopped at the end. */
export class TestCluster {
  static start(tool: string): TestCluster {
    const cache = clusterCache();
    const running = new TestCluster(tool, cache, false);
    if (running.kubectl(['get', '--raw', '/readyz']).status === 0) return running;
    // One that was not ended as it should be has left objects of another time.
    spawnSync(join(tool, 'down'), { timeout: 60_000 });
    dropStalePrograms(tool, cache);
    const { status, stderr } = spawnSync(join(tool, 'up'), ['--control-plane'], {
      encoding: 'utf8',
      timeout: 120_000,
    });
    if (status !== 0) throw new Error(`the cluster does not start: ${stderr}`);
    return new TestCluster(tool, cache, true);
  }

  private constructor(
    private readonly tool: string,
    private readonly cache: string,
    private readonly owned: boolean,
  ) {}

  kubectl(command: readonly string[], input?: string): Answer {
    const env = { ...process.env, KUBECONFIG: join(this.cache, 'kubeconfig') };
    const { status, stdout, stderr, error } = spawnSync(join(this.cache, 'bin/kubectl'), command, {
      encoding: 'utf8',
      env,
      input,
      timeout: 60_000,
      maxBuffer: 64 * 1024 * 1024,
    });
    return { status: status ?? 1, stdout: stdout ?? '', stderr: stderr ?? String(error) };
  }

  stop(): void {
    if (this.owned) spawnSync(join(this.tool, 'down'), { timeout: 60_000 });
  }
}
