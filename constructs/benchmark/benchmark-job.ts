import { type ApiObject, Duration, Size } from 'cdk8s';
import { Cpu, type k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { profileDurationMs } from '../../contracts/benchmark/cells-of';
import { type ContainerImage, imageReference } from '../images';
import { Connections, type IConnectable } from '../network/connections';
import { Peer } from '../network/peer';
import { requireInstance, requireInteger, requireNumber, requireText } from '../private/checks';
import { checksum } from '../private/checksum';
import { ConfigFiles } from '../private/config-files';
import { identify } from '../private/labels';
import { podBasics } from '../workload/pod-basics';
import { restrictedContainer, USERS } from '../private/security';
import { emptyDirVolume, readOnlyMount } from '../private/volumes';
import { type Environment, toEnvironment } from '../workload/environment';
import { type PodOptions } from '../workload/pod-options';
import { Resources } from '../workload/resources';
import { type SecretKey } from '../workload/secret-key';
import { addJob } from '../workload/workload-objects';
import { type BenchmarkTls, bindAccess, type BoundAccess } from './benchmark-access';
import { BenchmarkResults, RESULTS_VOLUME } from './benchmark-results';
import { BenchmarkTarget } from './benchmark-target';
import { type BenchmarkProfile, PROFILE_FILE, ProfileFile } from './profile-file';

export interface BenchmarkJobProps extends PodOptions {
  /** The servers under load. */
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
   * Name of the deployment in the results: `4 pods behind Envoy`.
   *
   * @default - the profile's `deployment`, or else the id of the target
   */
  readonly deployment?: string;
  /**
   * TLS to the target.
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
   * CPU and memory of the driver. It must not limit the load: a measurement during which the driver was late or too busy does
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
   * When the Job is stopped although it is not done. Results until then are in the log.
   *
   * @default - twice as long as the profile takes, and ten minutes
   */
  readonly timeLimit?: Duration;
  /**
   * How long the Job and its log stay after its end. Once it is deleted, the next apply (also that of a GitOps controller) runs
   * it again.
   *
   * @default - for ever: delete it to run it again
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

const PROFILE_PATH = '/etc/mis-bench';
const RESULTS_PATH = '/results';
/** Time for requests in flight and for writing results, after SIGTERM. */
const GRACE_SECONDS = 30;

/**
 * One run of the benchmark driver in the cluster: a Job, the ConfigMap of its profile and the NetworkPolicy that lets it reach
 * what it drives. The profile is checked with the driver's own schema when the construct is made.
 *
 * A Job runs once, without retries; a changed one is a new Job. To repeat a run, delete the Job and apply it again.
 * `kubectl logs job/<name>` prints the summary; results and report are on the volume, if there is one.
 *
 * @example
 * new BenchmarkJob(ml, 'load', {
 *   target: BenchmarkTarget.balancer(edge),
 *   profile: { profile: 'fall-detection', clients: [4, 16], devices: [40, 160], measure: '60s' },
 *   results: BenchmarkResults.claim(),
 * });
 */
export class BenchmarkJob extends Construct implements IConnectable {
  readonly connections: Connections;
  private readonly job: ApiObject;

  constructor(scope: Construct, id: string, props: BenchmarkJobProps) {
    super(scope, id);
    const identity = identify(this, 'benchmark');
    const target = requireInstance(
      this,
      'target',
      props.target,
      BenchmarkTarget,
      'BenchmarkTarget.server(server)',
    );
    const file = new ProfileFile(this, props.profile, props.files ?? {});
    const config = new ConfigFiles(this, 'Profile', `${identity.name}-profile`, file.files, identity.labels);
    this.connections = new Connections(this, identity);
    if (target._other instanceof Peer) this.connections.allowTo(target._other, target._containerPort);
    else this.connections.connectTo(target._other, target._containerPort);

    const results = requireInstance(
      this,
      'results',
      props.results ?? BenchmarkResults.log(),
      BenchmarkResults,
      'BenchmarkResults.claim()',
    );
    const access = bindAccess(this, props.tls, props.token);
    const podSpec = this.toPodSpec(props, target, file, access, [
      config.volume('profile'),
      results._bind(this, identity),
      emptyDirVolume('tmp'),
      ...access.volumes,
    ]);
    const limit = props.timeLimit ?? Duration.millis(2 * profileDurationMs(file.profile) + 600_000);
    const settings = {
      backoffLimit: 0,
      activeDeadlineSeconds: wholeSeconds(this, 'timeLimit', limit, 60),
      ttlSecondsAfterFinished: props.keepFor && wholeSeconds(this, 'keepFor', props.keepFor, 0),
    };
    const digest = (template: k8s.PodTemplateSpec) => checksum([config.checksum, { ...settings, template }]);
    this.job = addJob(this, { identity, spec: podSpec, options: props }, digest, settings);
  }

  /** Name of the Job; it changes with its content, patches included, which are known after synth. */
  get jobName(): string {
    return this.job.name;
  }

  private toPodSpec(
    props: BenchmarkJobProps,
    target: BenchmarkTarget,
    { profile }: ProfileFile,
    access: BoundAccess,
    volumes: k8s.Volume[],
  ): k8s.PodSpec {
    const resources = requireInstance(
      this,
      'resources',
      props.resources ?? Resources.guaranteed(Cpu.units(2), Size.gibibytes(1)),
      Resources,
      'Resources.guaranteed(Cpu.units(2), Size.gibibytes(1))',
    );
    const processes = props.processes ?? Math.max(1, Math.floor(resources.cpus));
    requireInteger(this, 'processes', processes, 1, 64);
    const deployment = props.deployment ?? profile.deployment ?? target.name;
    requireText(this, 'deployment', deployment);
    return {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: GRACE_SECONDS,
      ...podBasics(this, USERS.runtime, props),
      containers: [
        {
          name: 'driver',
          image: imageReference(this, props.image, 'runtime'),
          imagePullPolicy: 'IfNotPresent',
          command: ['mis-bench'],
          args: [
            ...['run', `${PROFILE_PATH}/${PROFILE_FILE}`],
            ...['--target', target.address],
            ...['--deployment', deployment],
            ...['--processes', String(processes)],
            // Runs share the volume: each writes into its own folder.
            ...['--out', `${RESULTS_PATH}/$(POD_NAME)`],
            ...access.args,
          ],
          env: [
            { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
            ...(toEnvironment(this, props.environment ?? {}) ?? []),
          ],
          resources: resources._toKube(),
          securityContext: restrictedContainer(),
          volumeMounts: [
            readOnlyMount('profile', PROFILE_PATH),
            { name: RESULTS_VOLUME, mountPath: RESULTS_PATH },
            { name: 'tmp', mountPath: '/tmp' },
            ...access.mounts,
          ],
        },
      ],
      volumes,
    };
  }
}

function wholeSeconds(owner: BenchmarkJob, property: string, duration: Duration, least: number): number {
  const seconds = Math.ceil(duration.toSeconds({ integral: false }));
  return requireNumber(owner, property, seconds, least, 30 * 86_400);
}
