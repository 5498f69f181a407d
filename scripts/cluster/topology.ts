import { randomBytes } from 'node:crypto';
import { chmodSync } from 'node:fs';
import { type ClusterTools } from './cluster-tools';

interface Named {
  readonly metadata: { readonly name: string };
}

/** One applied topology, in the namespace of its name. */
export class Topology {
  constructor(
    private readonly tools: ClusterTools,
    readonly name: string,
    private readonly manifest: string,
  ) {}

  /** Applies it with the Secret that it expects. */
  async apply(): Promise<void> {
    await this.kubectl(['apply', '--server-side', '--validate=strict', '-f', '-'], this.manifest);
    const password = randomBytes(24).toString('hex');
    const literals = ['--from-literal=username=repository', `--from-literal=password=${password}`];
    await this.here(['create', 'secret', 'generic', 'mongo-credentials', ...literals]);
  }

  /** Puts the model that the servers name into the repository, from the image, which has it for the demo. */
  async pushModel(): Promise<void> {
    await this.here(['rollout', 'status', 'deployment/repository', '--timeout=420s']);
    const model = '/app/stacks/pipelines/fall-detection/components/model/fall-detection/pilot-2-2/model.onnx';
    const push = ['mis', 'push', 'model', model, '--name', 'fall-detection', '--version', 'pilot-2-2'];
    const address = ['--repository', 'http://127.0.0.1:9012'];
    await this.here(['exec', 'deployment/repository', '--', ...push, ...address]);
  }

  /** Waits for every pod, the nodes' too. A pod whose disk comes late may be looked at again only after five minutes. */
  async waitUntilReady(): Promise<void> {
    for (const kind of ['deployment', 'statefulset']) {
      for (const name of await this.names(kind))
        await this.here(['rollout', 'status', `${kind}/${name}`, '--timeout=420s']);
    }
    await this.kubectl([
      '-n',
      `${this.name}-nodes`,
      'rollout',
      'status',
      'daemonset/node-exporter',
      '--timeout=120s',
    ]);
  }

  /** The test cluster's disks belong to root, and it does not hand them over as real ones are (fsGroup). */
  async openDisks(): Promise<void> {
    const { items } = JSON.parse(await this.kubectl(['get', 'pv', '-o', 'json'])) as {
      items: { spec: { hostPath?: { path: string } } }[];
    };
    for (const { spec } of items) if (spec.hostPath) chmodSync(spec.hostPath.path, 0o777);
  }

  /** Values that Prometheus answers a query with. */
  async query(expr: string): Promise<number[]> {
    const service = `/api/v1/namespaces/${this.name}/services/monitoring-prometheus:9090/proxy`;
    const answer = await this.kubectl([
      'get',
      '--raw',
      `${service}/api/v1/query?query=${encodeURIComponent(expr)}`,
    ]);
    const { data } = JSON.parse(answer) as { data: { result: { value: [number, string] }[] } };
    return data.result.map(({ value }) => Number(value[1]));
  }

  async readyReplicas(deployment: string): Promise<number> {
    const { status } = JSON.parse(await this.here(['get', 'deployment', deployment, '-o', 'json'])) as {
      status: { readyReplicas?: number };
    };
    return status.readyReplicas ?? 0;
  }

  /** Replaces every pod of a deployment, one after the other. */
  async roll(deployment: string): Promise<void> {
    await this.here(['rollout', 'restart', `deployment/${deployment}`]);
    await this.here(['rollout', 'status', `deployment/${deployment}`, '--timeout=300s']);
  }

  /** What to look at when something is wrong. */
  describe(): Promise<string> {
    return this.here(['get', 'pods,events']);
  }

  async delete(): Promise<void> {
    await this.kubectl(['delete', '--ignore-not-found', '--timeout=180s', '-f', '-'], this.manifest);
  }

  private async names(kind: string): Promise<string[]> {
    const { items } = JSON.parse(await this.here(['get', kind, '-o', 'json'])) as { items: Named[] };
    return items.map(({ metadata }) => metadata.name);
  }

  private here(args: readonly string[]): Promise<string> {
    return this.kubectl(['-n', this.name, ...args]);
  }

  private kubectl(args: readonly string[], input?: string): Promise<string> {
    return this.tools.kubectl(args, input);
  }
}
