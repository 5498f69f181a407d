import { join } from 'node:path';
import { findPackageRoot } from '../../../../contracts/program/package-root';
import { ServerProcess } from '../../../server-process';
import { endGuarded, guard, unguard } from '../../../child-process-guard';
import { CpuQuota } from './cpu-quota';
import { balance, type Balancer } from '../../../envoy/balance';
import { type Topology } from './experiment-plan';

/** Loading and warming up take several times as long under a quota. */
const READY_MS = 60_000;

interface TopologyOptions {
  /** Pipeline document that every server serves. */
  readonly document: string;
  /** Cores of servers and Envoy. Empty: not pinned. */
  readonly cores: readonly number[];
  /** CPU limit of each server, in cores. @default - no limit */
  readonly quota: number | undefined;
  /** Path of Envoy; required for balanced topologies. */
  readonly envoy: string | undefined;
}

/**
 * A topology on free ports of the loopback address. Its servers have a core each until `limit` is called, since starting and
 * warming up are not measured.
 */
export class StartedTopology {
  /** Resolves when all of it is ready. When a part fails to start, the others are stopped. */
  static async start(topology: Topology, options: TopologyOptions): Promise<StartedTopology> {
    const started = new StartedTopology();
    let failure: Error | undefined;
    try {
      const starting = Array.from({ length: topology.processes }, (_, index) =>
        started.startServer(index, options),
      );
      // Servers that start after another has failed are stopped too.
      for (const outcome of await Promise.allSettled(starting)) {
        if (outcome.status === 'fulfilled') started.servers.push(outcome.value);
        else failure ??= outcome.reason as Error;
      }
      if (failure !== undefined) throw failure;
      if (topology.balanced) {
        if (options.envoy === undefined) throw new Error(`'${topology.name}' needs Envoy`);
        const servers = started.servers.map(({ ready }) => ready.grpc);
        const { envoy: program, cores } = options;
        started.balancer = await balance(program, servers, { cores });
      }
    } catch (error) {
      await started.stop();
      throw error;
    }
    return started;
  }

  private readonly servers: ServerProcess[] = [];
  private readonly quotas: { readonly group: CpuQuota; readonly quota: number }[] = [];
  private balancer: Balancer | undefined;

  /** Applies the CPU limit. */
  limit(): void {
    for (const { group, quota } of this.quotas) group.set(quota);
  }

  get address(): string {
    return this.balancer?.address ?? this.servers[0].ready.grpc;
  }

  /** Prometheus endpoints by their names in the results. */
  get scrape(): Record<string, string> {
    const servers = this.servers.map(
      ({ ready }, index) => [`runtime-${index + 1}`, `http://${ready.http}/metrics`] as const,
    );
    const { balancer } = this;
    return Object.fromEntries(balancer ? [...servers, ['envoy', balancer.envoy.metricsUrl]] : servers);
  }

  /** Processes whose CPU is read from the system: Envoy does not expose its own. */
  get watch(): Record<string, number> {
    return this.balancer ? { 'envoy-process': this.balancer.envoy.pid } : {};
  }

  /** Ids of all processes. */
  get pids(): readonly number[] {
    return [...this.servers.map(({ pid }) => pid), ...(this.balancer ? [this.balancer.envoy.pid] : [])];
  }

  async stop(): Promise<void> {
    await this.balancer?.envoy.stop();
    await Promise.all(this.servers.map((server) => endGuarded(server.pid, () => server.stop())));
    for (const { group } of this.quotas) group.remove();
  }

  private async startServer(
    index: number,
    { document, cores, quota }: TopologyOptions,
  ): Promise<ServerProcess> {
    const root = findPackageRoot(__dirname);
    const serve = [join(root, 'lib/runtime/main.js'), 'serve', document];
    const ports = ['--grpc', '127.0.0.1:0', '--http', '127.0.0.1:0', '--drain-timeout', '2s'];
    const pinned = cores.length > 0 ? ['taskset', '-c', String(cores[index % cores.length])] : [];
    let command = [...pinned, ...serve, ...ports];
    if (quota !== undefined) {
      // Until `limit`; the server starts as many threads for this quota as for the final one.
      const group = CpuQuota.create(
        `mis-bench-${process.pid}-${Date.now()}-${index}`,
        Math.max(1, Math.floor(quota)),
      );
      this.quotas.push({ group, quota });
      command = group.wrap(command);
    }
    let spawned: number | undefined;
    const onSpawn = (pid: number): void => guard((spawned = pid));
    const server = await ServerProcess.start(command, undefined, { readyWithinMs: READY_MS, onSpawn }).catch(
      (error: unknown) => {
        if (spawned !== undefined) unguard(spawned);
        throw error;
      },
    );
    return server;
  }
}
