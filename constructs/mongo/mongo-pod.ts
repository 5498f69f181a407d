import { type k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { type Identity } from '../private/labels';
import { podBasics } from '../workload/pod-basics';
import { usesIpv6 } from '../private/network-context';
import { execProbe, tcpProbe } from '../private/probes';
import { restrictedContainer, USERS } from '../private/security';
import { emptyDirVolume, readOnlyMount } from '../private/volumes';
import { toSpread } from '../workload/placement';
import { type PodOptions } from '../workload/pod-options';
import { type Resources } from '../workload/resources';
import { type WorkloadPods } from '../workload/workload-objects';

export const REPLICA_SET = 'rs0';

export interface MongoPod {
  readonly identity: Identity;
  readonly image: string;
  readonly options: PodOptions;
  readonly resources: Resources;
  readonly credentials: string;
  readonly replicated: boolean;
}

export function mongoPods(scope: Construct, pod: MongoPod): WorkloadPods {
  const { identity, credentials, replicated } = pod;
  const image = pod.image;
  return {
    identity,
    options: pod.options,
    spec: {
      ...podBasics(scope, USERS.mongodb, pod.options),
      // A primary steps down before it stops.
      terminationGracePeriodSeconds: 60,
      topologySpreadConstraints: toSpread(identity.selector),
      initContainers: replicated ? [keyFileContainer(image, pod.resources)] : undefined,
      containers: [mongodContainer(image, pod, usesIpv6(scope))],
      volumes: [
        emptyDirVolume('tmp'),
        emptyDirVolume('configdb'),
        ...(replicated
          ? [
              {
                name: 'secret',
                secret: { secretName: credentials, items: [{ key: 'keyfile', path: 'keyfile' }] },
              },
              emptyDirVolume('keys', { memory: true }),
            ]
          : []),
      ],
    },
  };
}

/** mongod refuses a key file that its group can read, and files of a Secret always are group-readable: it is copied. */
function keyFileContainer(image: string, resources: Resources): k8s.Container {
  return {
    name: 'keyfile',
    image,
    imagePullPolicy: 'IfNotPresent',
    command: ['bash', '-c', 'umask 077; cp /secret/keyfile /keys/keyfile && chmod 0400 /keys/keyfile'],
    resources: resources._toKube(),
    securityContext: restrictedContainer(),
    volumeMounts: [readOnlyMount('secret', '/secret'), { name: 'keys', mountPath: '/keys' }],
  };
}

function mongodContainer(
  image: string,
  { resources, credentials, replicated }: MongoPod,
  ipv6: boolean,
): k8s.Container {
  const fromSecret = (key: string) => ({ secretKeyRef: { name: credentials, key } });
  const flags = [
    ...(ipv6 ? ['--ipv6'] : []),
    '--bind_ip_all',
    '--wiredTigerCacheSizeGB',
    String(cacheGigabytes(resources)),
  ];
  const replication = ['--replSet', REPLICA_SET, '--keyFile', '/keys/keyfile'];
  return {
    name: 'mongod',
    image,
    imagePullPolicy: 'IfNotPresent',
    command: replicated ? ['bash', '-c', FIRST_MEMBER_ONLY, 'mongod'] : undefined,
    args: replicated ? [...replication, ...flags] : flags,
    env: [
      // mongosh writes its history here; the image's home is the data volume.
      { name: 'HOME', value: '/tmp' },
      { name: 'MONGO_INITDB_ROOT_USERNAME', valueFrom: fromSecret('username') },
      { name: 'MONGO_INITDB_ROOT_PASSWORD', valueFrom: fromSecret('password') },
    ],
    ports: [{ name: 'mongo', containerPort: 27017 }],
    resources: resources._toKube(),
    securityContext: restrictedContainer(),
    startupProbe: tcpProbe('mongo', { period: 5, timeout: 3, failures: 60 }),
    // Needs no user. mongosh takes a second of CPU to start: long timeout, long period.
    readinessProbe: execProbe(['mongosh', '--quiet', '--eval', "db.adminCommand('ping').ok"], {
      period: 10,
      timeout: 10,
      failures: 3,
    }),
    livenessProbe: tcpProbe('mongo', { period: 20, timeout: 5, failures: 6 }),
    volumeMounts: [
      { name: 'data', mountPath: '/data/db' },
      { name: 'configdb', mountPath: '/data/configdb' },
      { name: 'tmp', mountPath: '/tmp' },
      ...(replicated ? [readOnlyMount('keys', '/keys')] : []),
    ],
  };
}

/**
 * The image creates the root user in an empty data directory. Only the first member may: a replica set is initiated from one
 * member with data, and the others must be empty.
 */
const FIRST_MEMBER_ONLY =
  'if [ "${HOSTNAME##*-}" != 0 ]; then unset MONGO_INITDB_ROOT_USERNAME MONGO_INITDB_ROOT_PASSWORD; fi; exec docker-entrypoint.sh mongod "$@"';

/** Half of the memory beside 0.5 GiB: mongod's own default, for the container's limit. */
function cacheGigabytes(resources: Resources): number {
  return Math.max(0.25, Math.round((resources.memory.toMebibytes() / 1024 - 0.5) * 50) / 100);
}
