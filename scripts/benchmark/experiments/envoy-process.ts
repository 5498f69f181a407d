import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { stringify } from 'yaml';
import { Balancing } from '../../../constructs';
import { buildBootstrap } from '../../../constructs/envoy/build-bootstrap';
import { endGuarded, guard, stopChild } from './child-process-guard';
import { freePort } from '../../free-port';

const READY_MS = 20_000;

export interface EnvoyOptions {
  readonly program: string;
  /** `host:port` of each server. */
  readonly servers: readonly string[];
  /** Cores that it may use. @default - all */
  readonly cores?: readonly number[];
}

/** Envoy on the loopback address, with the configuration that the constructs write for a cluster. */
export class EnvoyProcess {
  /** Resolves when Envoy knows all servers to be healthy. Rejects, with what it printed, when that takes too long. */
  static async start({ program, servers, cores = [] }: EnvoyOptions): Promise<EnvoyProcess> {
    const [port, observationPort, adminPort] = [await freePort(), await freePort(), await freePort()];
    const bootstrap = buildBootstrap({
      endpoints: servers.map((address) => {
        const [host, serverPort] = address.split(':');
        return { host, port: Number(serverPort) };
      }),
      balancing: Balancing.roundRobin(),
      limits: {},
      ...{ port, observationPort, adminPort },
      drainSeconds: 1,
      maxStreamsPerConnection: 1024,
      maxConnections: 10_000,
    });
    const folder = mkdtempSync(join(tmpdir(), 'mis-bench-envoy-'));
    const file = join(folder, 'envoy.yaml');
    // In a pod it listens on every address; here nobody else is to reach it.
    writeFileSync(file, stringify(bootstrap).replaceAll('0.0.0.0', '127.0.0.1'));
    // One thread, so that streams go to the servers in turn: each thread has a turn of its own.
    const flags = ['--disable-hot-restart', '--concurrency', '1', '-l', 'warning'];
    const command = [program, '-c', file, ...flags];
    const [first, ...rest] = cores.length > 0 ? ['taskset', '-c', cores.join(','), ...command] : command;
    const child = spawn(first, rest, { stdio: ['ignore', 'ignore', 'pipe'] });
    if (child.pid !== undefined) guard(child.pid);
    const envoy = new EnvoyProcess(child, folder, `127.0.0.1:${port}`, observationPort);
    await envoy.ready(servers.length);
    return envoy;
  }

  private printed = '';

  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    readonly address: string,
    private readonly observationPort: number,
  ) {
    child.stderr?.on('data', (text) => (this.printed = (this.printed + String(text)).slice(-2000)));
    child.on('error', (error) => (this.printed += error.message));
  }

  get pid(): number {
    return this.child.pid ?? -1;
  }

  get metricsUrl(): string {
    return `http://127.0.0.1:${this.observationPort}/stats/prometheus?usedonly`;
  }

  async stop(): Promise<void> {
    if (this.child.pid !== undefined) await endGuarded(this.child.pid, () => stopChild(this.child));
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async ready(servers: number): Promise<void> {
    const end = Date.now() + READY_MS;
    while ((await this.healthyServers()) < servers) {
      const ended = this.child.exitCode !== null || this.child.pid === undefined;
      if (!ended && Date.now() < end) {
        await wait(100);
        continue;
      }
      await this.stop();
      const why = ended ? 'has ended' : `did not find ${servers} healthy servers within ${READY_MS / 1000} s`;
      throw new Error(`Envoy ${why}:\n${this.printed}`);
    }
  }

  private async healthyServers(): Promise<number> {
    try {
      const response = await fetch(this.metricsUrl, { signal: AbortSignal.timeout(1000) });
      const found = /^envoy_cluster_membership_healthy\{[^}]*"inference"[^}]*\} (\d+)/m.exec(
        await response.text(),
      );
      return Number(found?.[1] ?? 0);
    } catch {
      return 0;
    }
  }
}
