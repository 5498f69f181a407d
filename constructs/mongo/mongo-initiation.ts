import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { type ContainerImage, imageReference } from '../images';
import { Connections, type IConnectable } from '../network/connections';
import { checksum } from '../private/checksum';
import { ConfigFiles } from '../private/config-files';
import { kubeObject } from '../private/kube-object';
import { identify } from '../private/labels';
import { podBasics } from '../workload/pod-basics';
import { restrictedContainer, USERS } from '../private/security';
import { emptyDirVolume, readOnlyMount } from '../private/volumes';
import { REPLICA_SET } from './mongo-pod';

/** @internal */
export interface MongoInitiationProps {
  /** `host:port` of each member, the first one being that with the root user. */
  readonly members: readonly string[];
  readonly credentials: string;
  readonly server: IConnectable;
  readonly port: number;
  readonly image?: ContainerImage;
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
    const template = this.toTemplate(identity.labels, script, props);
    kubeObject(
      this,
      'Resource',
      k8s.KubeJob.manifest({
        // A Job cannot be changed: another content is another Job.
        metadata: {
          name: `${identity.name}-${checksum([script.checksum, template]).slice(0, 8)}`,
          labels: identity.labels,
        },
        spec: { backoffLimit: 10, activeDeadlineSeconds: 1800, ttlSecondsAfterFinished: 86_400, template },
      }),
    );
  }

  private toTemplate(
    labels: Record<string, string>,
    script: ConfigFiles,
    props: MongoInitiationProps,
  ): k8s.PodTemplateSpec {
    const fromSecret = (key: string) => ({ secretKeyRef: { name: props.credentials, key } });
    return {
      metadata: { labels },
      spec: {
        restartPolicy: 'OnFailure',
        ...podBasics(this, USERS.mongodb),
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
      },
    };
  }
}

/** Run by mongosh. Ends with an error, and is then tried again, until the first member answers and the set has a primary. */
function initiation(members: readonly string[]): string {
  const config = { _id: REPLICA_SET, members: members.map((host, _id) => ({ _id, host })) };
  return `const user = encodeURIComponent(process.env.MONGODB_USERNAME);
const password = encodeURIComponent(process.env.MONGODB_PASSWORD);
const config = ${JSON.stringify(config, null, 2)};
const admin = connect(\`mongodb://\${user}:\${password}@\${config.members[0].host}/admin?directConnection=true\`);
try {
  admin.adminCommand({ replSetGetStatus: 1 }).ok || quit(1);
  print('the replica set is there already');
} catch (error) {
  if (error.codeName !== 'NotYetInitialized') throw error;
  admin.adminCommand({ replSetInitiate: config });
  print('initiated');
}
for (let second = 0; !admin.hello().setName || !admin.hello().primary; second += 1) {
  if (second === 60) throw new Error('no primary after a minute');
  sleep(1000);
}
`;
}
