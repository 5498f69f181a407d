import { join } from 'node:path';
import { findPackageRoot } from '../../../../contracts/program/package-root';
import { endGuarded, guard, unguard } from '../../../child-process-guard';
import { ControlGroup } from '../../../control-group';
import { balance, type Balancer } from '../../../envoy/balance';
import { ServerProcess } from '../../../server-process';
import { type Topology } from './experiment-plan';

/** Loading and warming up take several times as long under a quota. */
const READY_MS = 60_000;

interface TopologyOptions {
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
    const started = new StartedTopology(options);
    try {
      const starting = Array.from({ length: topology.processes }, (_, index) => started.startServer(index));
      // Servers that start after another has failed are stopped too.
      const outcomes = await Promise.allSettled(starting);
      for (const outcome of outcomes) if (outcome.status === 'fulfilled') started.servers.push(outcome.value);
      await Promise.all(starting);
      if (topology.balanced) {
        const { envoy, cores } = options;
        if (envoy === undefined) throw new Error(`'${topology.name}' needs Envoy`);
        const servers = started.servers.map(({ ready }) => ready.grpc);
        started.balancer = await balance(envoy, servers, { cores });
      }
    } catch (error) {
      await started.stop();
      throw error;
    }
    return started;
  }

  private readonly servers: ServerProcess[] = [];
  private readonly groups: ControlGroup[] = [];
  private balancer: Balancer | undefined;

  private constructor(private readonly options: TopologyOptions) {}

  limit(): void {
    const { quota } = this.options;
    if (quota !== undefined) for (const group of this.groups) group.limitCpus(quota);
  }

  get address(): string {
    return this.balancer?.address ?? this.servers[0].ready.grpc;
  }

  /** Prometheus endpoints by their names in the results. */
  get scrape(): Record<string, string> {
    const servers = this.servers.map(({ ready }, index) => [
      `runtime-${index + 1}`,
      `http://${ready.http}/metrics`,
    ]);
    return {
      ...(Object.fromEntries(servers) as Record<string, string>),
      ...(this.balancer && { envoy: this.balancer.envoy.metricsUrl }),
    };
  }

  /** Processes whose CPU is read from the system: Envoy does not expose its own. */
  get watch(): Record<string, number> {
    return this.balancer ? { 'envoy-process': this.balancer.envoy.pid } : {};
  }

  get pids(): readonly number[] {
    return [...this.servers.map(({ pid }) => pid), ...Object.values(this.watch)];
  }

  async stop(): Promise<void> {
    await this.balancer?.envoy.stop();
    await Promise.all(this.servers.map((server) => endGuarded(server.pid, () => server.stop())));
    for (const group of this.groups) group.remove();
  }

  private async startServer(index: number): Promise<ServerProcess> {
    const { document, cores, quota } = this.options;
    const serve = [join(findPackageRoot(__dirname), 'lib/runtime/main.js'), 'serve', document];
    const ports = ['--grpc', '127.0.0.1:0', '--http', '127.0.0.1:0', '--drain-timeout', '2s'];
    const pinned = cores.length > 0 ? ['taskset', '-c', String(cores[index % cores.length])] : [];
    let command = [...pinned, ...serve, ...ports];
    if (quota !== undefined) {
      // Until `limit`; the server starts as many threads for this quota as for the final one.
      const cpus = Math.max(1, Math.floor(quota));
      const group = ControlGroup.create(`mis-bench-${process.pid}-${Date.now()}-${index}`, { cpus });
      this.groups.push(group);
      command = group.command(command);
    }
    let spawned: number | undefined;
    const onSpawn = (pid: number): void => guard((spawned = pid));
    try {
      return await ServerProcess.start(command, undefined, { readyWithinMs: READY_MS, onSpawn });
    } catch (error) {
      if (spawned !== undefined) unguard(spawned);
      throw error;
    }
  }
}
