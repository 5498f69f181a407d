import { type Duration } from 'cdk8s';
import { USERS } from '../private/security';
import { type Resources } from '../workload/resources';
import { type ComposeService, type HealthCheck, mounted } from './compose-spec';
import { hardened } from './hardening';

export interface ServerServiceOptions {
  readonly image: string;
  readonly platform?: string;
  /** File names of the documents. */
  readonly files: readonly string[];
  readonly resources: Resources;
  readonly gpus: number;
  readonly listen: string;
  readonly drain: Duration;
  /** Base URL of the repository. */
  readonly repository?: string;
}

const FETCHED = '/var/lib/mis/components';
export const FETCHED_VOLUME = 'fetched-components';
export const REPOSITORY_VOLUME = 'repository';
export const REPOSITORY_PORT = 9012;

/** The inference server. */
export function serverService(options: ServerServiceOptions): ComposeService {
  const { image, platform, files, resources, gpus, listen, repository } = options;
  const drainSeconds = Math.ceil(options.drain.toSeconds({ integral: false }));
  return {
    image,
    platform,
    command: [
      ...['mis', 'serve', ...files.map((file) => `/etc/mis/pipelines/${file}`)],
      ...['--grpc', '0.0.0.0:50051', '--http', '0.0.0.0:9000'],
      ...(repository === undefined ? [] : ['--components', FETCHED]),
      ...['--components', '/etc/mis/components'],
      ...['--drain-timeout', `${drainSeconds}s`],
    ],
    environment: repository === undefined ? undefined : { REPOSITORY_ADDRESS: repository },
    ...hardened(USERS.runtime, resources),
    // Metrics and health are reachable from the box only.
    ports: [`${listen}:50051:50051`, '127.0.0.1:9000:9000'],
    volumes: [
      mounted('./pipelines', '/etc/mis/pipelines'),
      mounted('./components', '/etc/mis/components'),
      ...(repository === undefined
        ? []
        : [{ type: 'volume' as const, source: FETCHED_VOLUME, target: FETCHED }]),
    ],
    tmpfs: ['/tmp:mode=1777,size=64m'],
    init: true,
    stop_grace_period: `${drainSeconds + 10}s`,
    healthcheck: ask('http://127.0.0.1:9000/readyz'),
    deploy:
      gpus === 0
        ? undefined
        : {
            resources: {
              reservations: { devices: [{ driver: 'nvidia', count: gpus, capabilities: ['gpu'] }] },
            },
          },
  };
}

/** The component repository on its embedded store. */
export function repositoryService(
  image: string,
  platform: string | undefined,
  resources: Resources,
): ComposeService {
  return {
    image,
    platform,
    command: [
      ...['mis-repository', '--http', `0.0.0.0:${REPOSITORY_PORT}`],
      ...['--store', 'file:/var/lib/mis-repository'],
    ],
    ...hardened(USERS.runtime, resources),
    ports: [`127.0.0.1:${REPOSITORY_PORT}:${REPOSITORY_PORT}`],
    volumes: [{ type: 'volume', source: REPOSITORY_VOLUME, target: '/var/lib/mis-repository' }],
    tmpfs: ['/tmp:mode=1777,size=64m'],
    init: true,
    stop_grace_period: '40s',
    healthcheck: ask(`http://127.0.0.1:${REPOSITORY_PORT}/readyz`),
  };
}

/** The image's only HTTP client is Node.js. */
function ask(url: string): HealthCheck {
  const script = `fetch('${url}').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))`;
  return {
    test: ['CMD', 'node', '-e', script],
    interval: '15s',
    timeout: '5s',
    retries: 3,
    start_period: '120s',
    start_interval: '2s',
  };
}
