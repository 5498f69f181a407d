import { type Duration } from 'cdk8s';
import { type PipelineDocumentInput } from '../../runtime/definition';
import { type ContainerImage } from '../images';
import { type CpuArchitecture } from '../workload/placement';
import { type Resources } from '../workload/resources';

/** Whether a part of a compose project runs. */
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
  /** How long a stopping server finishes what is in flight. @default Duration.seconds(30) */
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
