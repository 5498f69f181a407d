import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { type ContainerImage, imageReference } from '../images';
import { Connections, type IConnectable } from '../network/connections';
import { checksum } from '../private/checksum';
import { ConfigFiles } from '../private/config-files';
import { identify } from '../private/labels';
import { type PodOptions } from '../workload/pod-options';
import { podBasics } from '../workload/pod-basics';
import { restrictedContainer, USERS } from '../private/security';
import { emptyDirVolume, readOnlyMount } from '../private/volumes';
import { addJob } from '../workload/workload-objects';
import { REPLICA_SET } from './mongo-pod';

/** @internal */
export interface MongoInitiationProps {
  /** `host:port` of each member, the first one being that with the root user. */
  readonly members: readonly string[];
  readonly credentials: string;
  readonly server: IConnectable;
  readonly port: number;
  readonly image?: ContainerImage;
  readonly options: PodOptions;
}

/** The Job that makes one replica set of the members. It may run again at any time. @internal */
export class MongoInitiation extends Construct {
  constructor(scope: Construct, id: string, props: MongoInitiationProps) {
    super(scope, id);
    const identity = identify(this, 'mongodb');
    const script = new ConfigFiles(
      this,
      'Script',
      identity.name,
      { 'initiate.js': initiation(props.members) },
      identity.labels,
    );
    new Connections(this, identity).connectTo(props.server, props.port);
    const settings = { backoffLimit: 100 };
    const digest = (template: k8s.PodTemplateSpec) => checksum([script.checksum, template]);
    const pods = { identity, spec: this.toPodSpec(script, props), options: props.options };
    addJob(this, pods, digest, settings);
  }

  private toPodSpec(script: ConfigFiles, props: MongoInitiationProps): k8s.PodSpec {
    const fromSecret = (key: string) => ({ secretKeyRef: { name: props.credentials, key } });
    return {
      restartPolicy: 'OnFailure',
      ...podBasics(this, USERS.mongodb, props.options),
      containers: [
        {
          name: 'initiate',
          image: imageReference(this, props.image, 'mongodb'),
          imagePullPolicy: 'IfNotPresent',
          command: ['mongosh', '--nodb', '--quiet', '--norc', '/scripts/initiate.js'],
          env: [
            { name: 'HOME', value: '/tmp' },
            { name: 'MONGODB_USERNAME', valueFrom: fromSecret('username') },
            { name: 'MONGODB_PASSWORD', valueFrom: fromSecret('password') },
          ],
          resources: {
            requests: { cpu: k8s.Quantity.fromString('100m'), memory: k8s.Quantity.fromString('256Mi') },
            limits: { cpu: k8s.Quantity.fromString('1'), memory: k8s.Quantity.fromString('512Mi') },
          },
          securityContext: restrictedContainer(),
          volumeMounts: [readOnlyMount('scripts', '/scripts'), { name: 'tmp', mountPath: '/tmp' }],
        },
      ],
      volumes: [script.volume('scripts'), emptyDirVolume('tmp')],
    };
  }
}

/**
 * Run by mongosh. Waits for the first member, initiates the set or adds and removes members, one at a time, as MongoDB asks for.
 * Ends with an error, and is retried, when a member does not come up in time.
 */
export function initiation(members: readonly string[]): string {
  const config = { _id: REPLICA_SET, members: members.map((host, _id) => ({ _id, host })) };
  return `const user = encodeURIComponent(process.env.MONGODB_USERNAME);
const password = encodeURIComponent(process.env.MONGODB_PASSWORD);
const config = ${JSON.stringify(config, null, 2)};
const hosts = config.members.map(({ host }) => host);

function waitFor(what, seconds, check) {
  for (let second = 0; ; second += 1) {
    try {
      const found = check();
      if (found) return found;
    } catch (error) {
      print(what + ': ' + error.message);
    }
    if (second >= seconds) throw new Error('not within ' + seconds + ' s: ' + what);
    sleep(1000);
  }
}

function adminOf(address, options) {
  return connect('mongodb://' + user + ':' + password + '@' + address + '/admin?' + options);
}

function isInitiated(admin) {
  try {
    return admin.adminCommand({ replSetGetStatus: 1 }).ok === 1;
  } catch (error) {
    if (error.codeName === 'NotYetInitialized') return false;
    throw error;
  }
}

const first = waitFor('the first member', 600, () => adminOf(hosts[0], 'directConnection=true'));
if (!isInitiated(first)) {
  first.adminCommand({ replSetInitiate: config });
  print('initiated');
}
waitFor('a primary', 60, () => first.hello().setName && first.hello().primary);

// Only the primary changes the set, and only by one voting member at a time.
const primary = adminOf(hosts.join(','), 'replicaSet=' + config._id);
const current = () => primary.adminCommand({ replSetGetConfig: 1 }).config;
function reconfigure(change) {
  const { members, ...rest } = current();
  primary.adminCommand({ replSetReconfig: { ...rest, version: rest.version + 1, members: change(members) } });
}
function stateOf(host) {
  return primary.adminCommand({ replSetGetStatus: 1 }).members.find(({ name }) => name === host)?.stateStr;
}
for (const host of hosts) {
  if (current().members.some((member) => member.host === host)) continue;
  reconfigure((members) => [...members, { _id: Math.max(...members.map(({ _id }) => _id)) + 1, host }]);
  waitFor(host + ' in the set', 3600, () => ['PRIMARY', 'SECONDARY'].includes(stateOf(host)));
  print('added ' + host);
}
for (const { host } of current().members) {
  if (hosts.includes(host)) continue;
  reconfigure((members) => members.filter((member) => member.host !== host));
  print('removed ' + host);
}
print('the replica set has ' + hosts.length + ' members');
`;
}
