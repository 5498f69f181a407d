import { Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { type ContainerImage, imageReference } from '../images';
import { Connections, type IConnectable } from '../network/connections';
import { refuse, requireInteger } from '../private/checks';
import { identify, type Identity } from '../private/labels';
import { requireObjectName, serviceHost } from '../private/names';
import { addHeadlessService, addService, type Port } from '../workload/service-objects';
import { addDisruptionBudget, addStatefulSet, claimSpec } from '../workload/workload-objects';
import { type BoundStore, type IComponentStore } from '../repository/component-store';
import { type PodOptions } from '../workload/pod-options';
import { Resources } from '../workload/resources';
import { SecretKey } from '../workload/secret-key';
import { ExternalMongoDb, type ExternalMongoDbOptions } from './external-mongo-db';
import { MongoInitiation } from './mongo-initiation';
import { mongoPods, REPLICA_SET } from './mongo-pod';

export interface MongoDbProps extends PodOptions {
  /**
   * Name of a Secret that is in the namespace, with the keys `username` and `password` (letters, digits, `-` and `_`: they
   * become part of a connection string), and for a replica set `keyfile` (6 to 1024 base64 characters).
   *
   * @default - `<name>-credentials`
   */
  readonly credentials?: string;
  /**
   * Disk of each member. It cannot be changed later.
   *
   * @default Size.gibibytes(20)
   */
  readonly storage?: Size;
  /**
   * Name of the StorageClass; block storage, never NFS.
   *
   * @default - the cluster's default
   */
  readonly storageClass?: string;
  /**
   * CPU and memory of each member.
   *
   * @default Resources.guaranteed(Cpu.units(1), Size.gibibytes(2))
   */
  readonly resources?: Resources;
  /**
   * Another image than the pinned one.
   *
   * @default - `mongo` at the pinned version
   */
  readonly image?: ContainerImage;
}

export interface MongoReplicaSetProps extends MongoDbProps {
  /**
   * Number of members; odd, so that a majority is always clear. When it changes, the setup Job adds members to the set or removes
   * them.
   *
   * @default 3
   */
  readonly members?: number;
}

const PORT: Port = { name: 'mongo', port: 27017 };
const DATABASE = 'components';

/**
 * A MongoDB: a StatefulSet with a disk for each member, Services, NetworkPolicy and, for a replica set, a Job that initiates it
 * and a disruption budget. User and key file come from a Secret that you create; no secret is in a manifest.
 *
 * It makes no backups.
 *
 * @example
 * // kubectl create secret generic mongo-credentials --from-literal=username=repository \
 * //   --from-literal=password=$(openssl rand -hex 24) --from-literal=keyfile=$(openssl rand -base64 512 | tr -d '\n')
 * const mongo = MongoDb.replicaSet(ml, 'mongo');
 */
export class MongoDb extends Construct implements IComponentStore, IConnectable {
  /** One member without replication: for tests, or where the volume is safe enough. */
  static single(scope: Construct, id: string, props: MongoDbProps = {}): MongoDb {
    return new MongoDb(scope, id, props, 1);
  }

  /** Members that elect a primary, spread over the nodes. */
  static replicaSet(scope: Construct, id: string, props: MongoReplicaSetProps = {}): MongoDb {
    const members = requireInteger('MongoDb.replicaSet', 'members', props.members ?? 3, 3, 7);
    if (members % 2 === 0) refuse('MongoDb.replicaSet', 'members', members, 'odd: 3, 5 or 7');
    return new MongoDb(scope, id, props, members);
  }

  /** An existing database, by the Secret with its connection string. */
  static external(options: ExternalMongoDbOptions): ExternalMongoDb {
    return new ExternalMongoDb(options);
  }

  readonly connections: Connections;
  readonly port = PORT.port;
  /** Hosts of the members. */
  readonly hosts: readonly string[];
  private readonly credentials: string;

  private constructor(
    scope: Construct,
    id: string,
    props: MongoDbProps,
    private readonly members: number,
  ) {
    super(scope, id);
    const identity = identify(this, 'mongodb');
    this.credentials = requireObjectName(
      this,
      'credentials',
      props.credentials ?? `${identity.name}-credentials`,
    );
    this.connections = new Connections(this, identity);
    addService(this, identity, [PORT]);
    // Members must resolve each other before they are ready.
    const headless = addHeadlessService(this, identity, [PORT], { publishNotReady: true });
    this.hosts = Array.from({ length: members }, (_, index) =>
      serviceHost(this, `${identity.name}-${index}.${headless}`),
    );
    this.addMembers(identity, headless, props);
    if (members > 1) this.addReplication(identity, props);
  }

  /** @internal */
  _bindStore(_repository: Construct, _identity: Identity, connections: Connections): BoundStore {
    connections.connectTo(this, this.port);
    const hosts = this.hosts.map((host) => `${host}:${this.port}`).join(',');
    const set = this.members > 1 ? `&replicaSet=${REPLICA_SET}` : '';
    return {
      environment: {
        MONGODB_USERNAME: SecretKey.of(this.credentials, 'username'),
        MONGODB_PASSWORD: SecretKey.of(this.credentials, 'password'),
        MIS_STORE: `mongodb://$(MONGODB_USERNAME):$(MONGODB_PASSWORD)@${hosts}/${DATABASE}?authSource=admin${set}`,
      },
      singleWriter: false,
    };
  }

  private addMembers(identity: Identity, serviceName: string, props: MongoDbProps): void {
    const resources = props.resources ?? Resources.guaranteed(Cpu.units(1), Size.gibibytes(2));
    if (props.storageClass !== undefined) requireObjectName(this, 'storageClass', props.storageClass);
    const pods = mongoPods(this, {
      identity,
      image: imageReference(this, props.image, 'mongodb'),
      options: props,
      resources,
      credentials: this.credentials,
      replicated: this.members > 1,
    });
    const data = {
      metadata: { name: 'data', labels: identity.selector },
      spec: claimSpec(props.storage ?? Size.gibibytes(20), props.storageClass),
    };
    addStatefulSet(this, pods, { replicas: this.members, serviceName, volumeClaimTemplates: [data] });
  }

  private addReplication(identity: Identity, props: MongoDbProps): void {
    this.connections.connectTo(this, this.port);
    addDisruptionBudget(this, identity);
    const members = this.hosts.map((host) => `${host}:${this.port}`);
    const { credentials, port } = this;
    // Placement and labels hold for the Job too; what is beside a member does not.
    const options = {
      ...props,
      sidecars: undefined,
      initContainers: undefined,
      volumes: undefined,
      podPatch: undefined,
    };
    const { image } = props;
    new MongoInitiation(this, 'setup', { members, credentials, server: this, port, image, options });
  }
}
