import { type k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { ContainerImage } from '../images';
import { type Identity } from '../private/labels';
import { podBasics } from '../private/pod-basics';
import { execProbe, tcpProbe } from '../private/probes';
import { restrictedContainer, USERS } from '../private/security';
import { emptyDirVolume, readOnlyMount } from '../private/volumes';
import { toSpread } from '../workload/placement';
import { type Resources } from '../workload/resources';
import { type MongoDbProps } from './mongo-db-props';

export const REPLICA_SET = 'rs0';

export interface MongoPod {
  readonly identity: Identity;
  readonly props: MongoDbProps;
  readonly resources: Resources;
  readonly credentials: string;
  readonly replicated: boolean;
}

export function renderMongoPod(scope: Construct, pod: MongoPod): k8s.PodTemplateSpec {
  const { identity, props, credentials, replicated } = pod;
  const image = (props.image ?? ContainerImage.pinned(scope, 'mongodb')).reference;
  return {
    metadata: { labels: identity.labels },
    spec: {
      ...podBasics(scope, USERS.mongodb, props),
      // A member that steps down hands over to another one first.
      terminationGracePeriodSeconds: 60,
      topologySpreadConstraints: toSpread(identity.selector, false),
      initContainers: replicated ? [keyFileContainer(image, pod.resources)] : undefined,
      containers: [mongodContainer(image, pod)],
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

/** mongod refuses a key file that anyone else could read, and a Secret's files always can be by their group. */
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

function mongodContainer(image: string, { resources, credentials, replicated }: MongoPod): k8s.Container {
  const fromSecret = (key: string) => ({ secretKeyRef: { name: credentials, key } });
  const flags = ['--bind_ip_all', '--wiredTigerCacheSizeGB', String(cacheGigabytes(resources))];
  const replication = ['--replSet', REPLICA_SET, '--keyFile', '/keys/keyfile'];
  return {
    name: 'mongod',
    image,
    imagePullPolicy: 'IfNotPresent',
    command: replicated ? ['bash', '-c', FIRST_MEMBER_ONLY, 'mongod'] : undefined,
    args: replicated ? [...replication, ...flags] : flags,
    env: [
      // Where mongosh keeps its history; the image's own home is the database's.
      { name: 'HOME', value: '/tmp' },
      { name: 'MONGO_INITDB_ROOT_USERNAME', valueFrom: fromSecret('username') },
      { name: 'MONGO_INITDB_ROOT_PASSWORD', valueFrom: fromSecret('password') },
    ],
    ports: [{ name: 'mongo', containerPort: 27017 }],
    resources: resources._toKube(),
    securityContext: restrictedContainer(),
    startupProbe: tcpProbe('mongo', { period: 5, timeout: 3, failures: 60 }),
    // Needs no user. mongosh takes a second of CPU to start, so it is given time and not called often.
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
 * The image makes the root user in an empty data directory. Only the first member may: a set is initiated from one that has
 * data, and the others must have none.
 */
const FIRST_MEMBER_ONLY =
  'if [ "${HOSTNAME##*-}" != 0 ]; then unset MONGO_INITDB_ROOT_USERNAME MONGO_INITDB_ROOT_PASSWORD; fi; exec docker-entrypoint.sh mongod "$@"';

/** Half of what is left beside the connections, as mongod would choose if it had the machine. */
function cacheGigabytes(resources: Resources): number {
  return Math.max(0.25, Math.round((resources.memory.toMebibytes() / 1024 - 0.5) * 50) / 100);
}
