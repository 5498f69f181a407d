import { mkdirSync, writeFileSync } from 'node:fs';
import { isIPv4, isIPv6 } from 'node:net';
import { dirname, join } from 'node:path';
import { App, Duration, Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { stringify } from 'yaml';
import { type PipelineDocumentInput } from '../../runtime/definition';
import { ContainerImage, imageReference } from '../images';
import { ComponentFolder } from '../pipeline/component-folder';
import { ModelCheck } from '../pipeline/model-check';
import { PipelineFile } from '../pipeline/pipeline-file';
import { refuse, requireInteger, requireNumber } from '../private/checks';
import { requireLabel } from '../private/names';
import { type CpuArchitecture } from '../workload/placement';
import { Resources } from '../workload/resources';
import { type ComposeFile, type ComposeService, escapeDollars } from './compose-spec';
import {
  type LocalTarget,
  nodeExporterService,
  PROMETHEUS_VOLUME,
  prometheusFiles,
  prometheusService,
} from './monitoring-services';
import {
  FETCHED_VOLUME,
  REPOSITORY_PORT,
  REPOSITORY_VOLUME,
  repositoryService,
  serverService,
} from './runtime-services';

/** Whether a part of a compose project is started. */
export enum Inclusion {
  ALWAYS = 'always',
  /** With `docker compose --profile <part>`. */
  ON_DEMAND = 'on-demand',
  NEVER = 'never',
}

export interface ComposeProjectProps {
  /** What the server serves. At least one. */
  readonly pipelines: readonly PipelineDocumentInput[];
  /** Folder of components, `<kind>/<id or name>/<version>/…`; it is copied beside the compose file. */
  readonly components: string;
  /**
   * Processor of the box.
   *
   * @default - that of the machine that starts it: the image is built for amd64 and arm64
   */
  readonly architecture?: CpuArchitecture;
  /**
   * CPU and memory of the server.
   *
   * @default Resources.guaranteed(Cpu.units(2), Size.gibibytes(1))
   */
  readonly resources?: Resources;
  /**
   * NVIDIA GPUs for the server.
   *
   * @default 0
   */
  readonly gpus?: number;
  /**
   * Address of the box that clients connect to.
   *
   * @default 0.0.0.0
   */
  readonly listen?: string;
  /** How long a stopping server may finish requests in flight. @default Duration.seconds(30) */
  readonly drainTimeout?: Duration;
  /**
   * A component repository on its embedded store (profile `repository`), reachable from the box itself at port 9012.
   *
   * @default Inclusion.NEVER
   */
  readonly repository?: Inclusion;
  /**
   * Prometheus (profile `monitoring`), reachable from the box itself at port 9090.
   *
   * @default Inclusion.NEVER
   */
  readonly prometheus?: Inclusion;
  /**
   * node-exporter (profile `monitoring`), reachable from the box itself at port 9100.
   *
   * @default Inclusion.ALWAYS
   */
  readonly nodeExporter?: Inclusion;
  /** Another image for server and repository. @default - the image of this release */
  readonly image?: ContainerImage;
}

/**
 * One box with Docker: a compose project of an inference server with its components in a folder, and optionally a repository,
 * Prometheus and node-exporter. `write()` puts `compose.yaml` and every file that it mounts into a folder.
 *
 * No container is privileged, can write to its root or has a capability.
 *
 * @example
 * const edge = new ComposeProject(app, 'edge-docker', {
 *   pipelines: [fallDetection],
 *   components: 'stacks/pipelines/fall-detection/components',
 * });
 * app.synth();
 * edge.write();
 */
export class ComposeProject extends Construct {
  /** The compose file. */
  readonly compose: ComposeFile;
  private readonly files: ReadonlyMap<string, string | Buffer>;

  constructor(scope: Construct, id: string, props: ComposeProjectProps) {
    super(scope, id);
    requireLabel(this, 'id', id);
    const pipelines = this.toPipelines(props);
    const folder = new ComponentFolder(props.components);
    new ModelCheck(this, pipelines, folder, (props.repository ?? Inclusion.NEVER) !== Inclusion.NEVER);
    this.compose = this.toCompose(pipelines, props);
    this.files = new Map<string, string | Buffer>([
      ['compose.yaml', stringify(escapeDollars(this.compose), { lineWidth: 0 })],
      ...pipelines.map((pipeline) => [`pipelines/${pipeline.name}`, pipeline.text] as const),
      ...folder.files.map(({ path, content }) => [`components/${path}`, content] as const),
      ...Object.entries(this.has(props.prometheus) ? prometheusFiles(id, this.targets(props)) : {}),
    ]);
  }

  /**
   * Writes the project. Call `app.synth()` before: it checks the pipelines.
   *
   * @param folder @default - a folder with the construct's id in the app's output directory
   */
  write(folder: string = join(App.of(this).outdir, this.node.id)): void {
    for (const [path, content] of this.files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content);
    }
  }

  private toPipelines({ pipelines }: ComposeProjectProps): PipelineFile[] {
    if (!Array.isArray(pipelines) || pipelines.length === 0) {
      refuse(this, 'pipelines', pipelines, 'at least one pipeline document');
    }
    return Array.from(
      pipelines as ComposeProjectProps['pipelines'],
      (document) => new PipelineFile(this, document),
    );
  }

  private toCompose(pipelines: readonly PipelineFile[], props: ComposeProjectProps): ComposeFile {
    const drain = props.drainTimeout ?? Duration.seconds(30);
    requireNumber(this, 'drainTimeout', drain.toSeconds({ integral: false }), 1, 3600);
    const image = imageReference(this, props.image, 'runtime');
    const platform = props.architecture && `linux/${props.architecture}`;
    const server = serverService({
      image,
      platform,
      files: pipelines.map(({ name }) => name),
      resources: props.resources ?? Resources.guaranteed(Cpu.units(2), Size.gibibytes(1)),
      gpus: requireInteger(this, 'gpus', props.gpus ?? 0, 0, 16),
      listen: this.requireAddress(props.listen ?? '0.0.0.0'),
      drain,
      repository: this.has(props.repository) ? `http://repository:${REPOSITORY_PORT}` : undefined,
    });
    const repository = repositoryService(
      image,
      platform,
      Resources.guaranteed(Cpu.units(1), Size.mebibytes(512)),
    );
    const prometheus = prometheusService(ContainerImage.pinned(this, 'prometheus').reference);
    const nodeExporter = nodeExporterService(ContainerImage.pinned(this, 'nodeExporter').reference);
    const services = {
      server,
      ...included('repository', 'repository', repository, props.repository ?? Inclusion.NEVER),
      ...included('node-exporter', 'monitoring', nodeExporter, props.nodeExporter ?? Inclusion.ALWAYS),
      ...included('prometheus', 'monitoring', prometheus, props.prometheus ?? Inclusion.NEVER),
    };
    const volumes = [
      ...(this.has(props.repository) ? [FETCHED_VOLUME, REPOSITORY_VOLUME] : []),
      ...(this.has(props.prometheus) ? [PROMETHEUS_VOLUME] : []),
    ];
    return {
      name: this.node.id,
      services,
      ...(volumes.length > 0 && { volumes: Object.fromEntries(volumes.map((name) => [name, {}])) }),
    };
  }

  private targets(props: ComposeProjectProps): LocalTarget[] {
    return [
      { job: 'inference-server', pod: 'server', port: 9000 },
      ...(this.has(props.repository)
        ? [{ job: 'component-repository', pod: 'repository', port: REPOSITORY_PORT }]
        : []),
      ...(this.has(props.nodeExporter ?? Inclusion.ALWAYS)
        ? [{ job: 'node-exporter', pod: 'node-exporter', port: 9100 }]
        : []),
    ];
  }

  private has(inclusion: Inclusion = Inclusion.NEVER): boolean {
    return inclusion !== Inclusion.NEVER;
  }

  private requireAddress(listen: string): string {
    if (isIPv4(listen)) return listen;
    if (isIPv6(listen)) return `[${listen}]`;
    return refuse(this, 'listen', listen, 'an IP address of the box, e.g. 0.0.0.0, :: or 192.0.2.10');
  }
}

function included(
  name: string,
  profile: string,
  service: ComposeService,
  inclusion: Inclusion,
): Record<string, ComposeService> {
  if (inclusion === Inclusion.NEVER) return {};
  return { [name]: inclusion === Inclusion.ON_DEMAND ? { ...service, profiles: [profile] } : service };
}
