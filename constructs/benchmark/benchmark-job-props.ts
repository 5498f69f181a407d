import { type Duration } from 'cdk8s';
import { type ContainerImage } from '../images';
import { type Environment } from '../workload/environment';
import { type Placement } from '../workload/placement';
import { type Resources } from '../workload/resources';
import { type SecretKey } from '../workload/secret-key';
import { type BenchmarkTls } from './benchmark-access';
import { type BenchmarkProfile } from './profile-file';
import { type BenchmarkResults } from './benchmark-results';
import { type BenchmarkTarget } from './benchmark-target';

export interface BenchmarkJobProps extends Placement {
  /** What is driven. */
  readonly target: BenchmarkTarget;
  /**
   * The load: a value, or the text of a profile document (YAML or JSON). It must not name a target, which is the property
   * above.
   */
  readonly profile: BenchmarkProfile | string;
  /**
   * Texts of files that the profile names, by their names; at most 900 KiB together with the profile.
   *
   * @default - none
   */
  readonly files?: Readonly<Record<string, string>>;
  /**
   * What answers is called in the results: `4 pods behind Envoy`.
   *
   * @default - the profile's `deployment`, or else the id of the target
   */
  readonly deployment?: string;
  /**
   * How the target is spoken to.
   *
   * @default - without TLS
   */
  readonly tls?: BenchmarkTls;
  /**
   * The bearer token that the driver sends with every call.
   *
   * @default - none
   */
  readonly token?: SecretKey;
  /**
   * Where results and report go.
   *
   * @default BenchmarkResults.log()
   */
  readonly results?: BenchmarkResults;
  /**
   * CPU and memory of the driver. It must not be what limits the load: a measurement during which it was late or too busy does
   * not count.
   *
   * @default Resources.guaranteed(Cpu.units(2), Size.gibibytes(1))
   */
  readonly resources?: Resources;
  /**
   * Processes that share the clients.
   *
   * @default - one for each whole CPU of `resources`, at least one
   */
  readonly processes?: number;
  /**
   * When the Job is ended although it is not done. What was measured until then is in the log.
   *
   * @default - twice as long as the profile takes, and ten minutes
   */
  readonly timeLimit?: Duration;
  /**
   * How long the Job and its log stay after its end.
   *
   * @default Duration.days(1)
   */
  readonly keepFor?: Duration;
  /**
   * More environment variables.
   *
   * @default - none
   */
  readonly environment?: Environment;
  /**
   * Another image than this package's.
   *
   * @default - the image of this release
   */
  readonly image?: ContainerImage;
}
