import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clusterCache, dropStalePrograms } from './cluster-programs';
import { sharedFile } from '../shared-folder';
import { runCommand } from './run-command';

/** The programs that make a Kubernetes and an image registry's stand-in on this machine. */
export class ClusterTools {
  /** The tools beside the repository, or where MIS_SHARED says; undefined where there are none. */
  static find(): ClusterTools | undefined {
    const tools = sharedFile('tools');
    if (tools === undefined) return undefined;
    const areThere = existsSync(join(tools, 'cluster/up')) && existsSync(join(tools, 'docker/up'));
    return areThere ? new ClusterTools(tools) : undefined;
  }

  private readonly cache = clusterCache();

  private constructor(private readonly tools: string) {}

  /** Makes what stands for the images of others, and builds the project's own. */
  async makeImages(root: string, own: string, others: readonly string[]): Promise<void> {
    // The base of the project's image is made like the others.
    await runCommand(join(this.tools, 'docker/up'), ['node:24-bookworm-slim', ...others], {
      timeoutMs: 900_000,
    });
    await runCommand('docker', ['build', '--quiet', '--tag', own, root], { timeoutMs: 900_000 });
  }

  /** Starts the cluster, or finds it running. */
  async start(): Promise<void> {
    dropStalePrograms(join(this.tools, 'cluster'), this.cache);
    await runCommand(join(this.tools, 'cluster/up'), [], { timeoutMs: 300_000 });
  }

  async loadImages(images: readonly string[]): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), 'images-'));
    try {
      const archive = join(folder, 'images.tar');
      await runCommand('docker', ['save', '--output', archive, ...images]);
      await runCommand(join(this.tools, 'cluster/load-image'), [archive]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  kubectl(args: readonly string[], input?: string): Promise<string> {
    const env = { KUBECONFIG: join(this.cache, 'kubeconfig') };
    return runCommand(join(this.cache, 'bin/kubectl'), args, { env, input });
  }

  async stop(): Promise<void> {
    await runCommand(join(this.tools, 'cluster/down'), [], { timeoutMs: 120_000 });
  }
}
