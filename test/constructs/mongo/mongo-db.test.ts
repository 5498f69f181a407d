import { runInNewContext } from 'node:vm';
import { Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-27';
import * as mis from '../../../constructs';
import { at, find, synthesize, type Synthesized } from '../../fixtures/synthesize';

const withStore = (make: (ml: mis.StackNamespace) => mis.IComponentStore) =>
  synthesize((ml) => void new mis.ComponentRepository(ml, 'repository', { store: make(ml) }));
const environment = (objects: Synthesized[]) =>
  at(find(objects, 'Deployment', 'repository'), 'spec.template.spec.containers.0.env') as {
    name: string;
    value?: string;
  }[];

describe('MongoDb', () => {
  it('is reached by its members’ names, with user and password out of a Secret', () => {
    const variables = environment(withStore((ml) => mis.MongoDb.replicaSet(ml, 'mongo')));
    const host = (index: number) => `mongo-${index}.mongo-headless.ml.svc.cluster.local:27017`;
    expect(variables.at(-1)).toEqual({
      name: 'MIS_STORE',
      value: `mongodb://$(MONGODB_USERNAME):$(MONGODB_PASSWORD)@${host(0)},${host(1)},${host(2)}/components?authSource=admin&replicaSet=rs0`,
    });
    // Kubernetes fills in only what stands before.
    expect(variables.map(({ name }) => name)).toEqual(['MONGODB_USERNAME', 'MONGODB_PASSWORD', 'MIS_STORE']);
  });

  it('of one member is no replica set', () => {
    const objects = withStore((ml) => mis.MongoDb.single(ml, 'mongo', { credentials: 'db' }));
    expect(environment(objects).at(-1)?.value).not.toContain('replicaSet');
    expect(objects.filter(({ kind }) => kind === 'Job')).toEqual([]);
    expect(find(objects, 'StatefulSet', 'mongo').spec).toMatchObject({ replicas: 1 });
    expect(
      at(
        find(objects, 'StatefulSet', 'mongo'),
        'spec.template.spec.containers.0.env.1.valueFrom.secretKeyRef',
      ),
    ).toEqual({ name: 'db', key: 'username' });
  });

  it('gives mongod a key file that nobody else can read, and a cache that fits its memory', () => {
    const resources = mis.Resources.guaranteed(Cpu.units(1), Size.gibibytes(4));
    const objects = withStore((ml) => mis.MongoDb.replicaSet(ml, 'mongo', { resources }));
    const spec = at(find(objects, 'StatefulSet', 'mongo'), 'spec.template.spec');
    expect(at(spec, 'initContainers.0.command.2')).toContain('chmod 0400 /keys/keyfile');
    expect(at(spec, 'containers.0.args')).toEqual([
      ...[
        '--replSet',
        'rs0',
        '--keyFile',
        '/keys/keyfile',
        '--bind_ip_all',
        '--wiredTigerCacheSizeGB',
        '1.75',
      ],
    ]);
    // Only the first member makes the user: the others must be empty when the set is initiated.
    expect(at(spec, 'containers.0.command.2')).toMatch(
      /^if \[ "\$\{HOSTNAME##\*-\}" != 0 \]; then unset MONGO_INITDB_ROOT_USERNAME/,
    );
  });

  it('is initiated by a Job whose name changes with its content', () => {
    const job = (members: number) => {
      const objects = withStore((ml) => mis.MongoDb.replicaSet(ml, 'mongo', { members }));
      const script = at(find(objects, 'ConfigMap', 'mongo-setup'), 'data') as Record<string, string>;
      return {
        name: objects.find(({ kind }) => kind === 'Job')?.metadata.name,
        script: script['initiate.js'],
      };
    };
    expect(job(3).name).toMatch(/^mongo-setup-[0-9a-f]{8}$/);
    expect(job(5).name).not.toBe(job(3).name);
    expect(job(3).script).toContain('"host": "mongo-2.mongo-headless.ml.svc.cluster.local:27017"');
  });

  it('lets members, the Job and the repository in, and nobody else', () => {
    const objects = withStore((ml) => mis.MongoDb.replicaSet(ml, 'mongo'));
    const rules = at(find(objects, 'NetworkPolicy', 'mongo'), 'spec.ingress') as {
      from: { podSelector: { matchLabels: Record<string, string> } }[];
    }[];
    expect(rules.map(({ from }) => from[0]?.podSelector.matchLabels['app.kubernetes.io/instance'])).toEqual([
      'mongo',
      'mongo-setup',
      'repository',
    ]);
  });

  it('that is elsewhere is known by the Secret of its connection string alone', () => {
    const objects = withStore(() =>
      mis.MongoDb.external({ uri: mis.SecretKey.of('atlas', 'uri'), peer: mis.Peer.network('192.0.2.0/24') }),
    );
    expect(environment(objects)).toEqual([
      { name: 'MIS_STORE', valueFrom: { secretKeyRef: { name: 'atlas', key: 'uri' } } },
    ]);
    expect(at(find(objects, 'NetworkPolicy', 'repository'), 'spec.egress.1')).toEqual({
      to: [{ ipBlock: { cidr: '192.0.2.0/24' } }],
      ports: [{ protocol: 'TCP', port: 27017 }],
    });
  });
});

describe('the script that sets a replica set up', () => {
  const host = (index: number) => `mongo-${index}.mongo-headless.ml.svc.cluster.local:27017`;
  const script = (members: number) => {
    const objects = withStore((ml) => mis.MongoDb.replicaSet(ml, 'mongo', { members }));
    return (
      (at(find(objects, 'ConfigMap', 'mongo-setup'), 'data') as Record<string, string>)['initiate.js'] ?? ''
    );
  };

  /** Runs it as mongosh would. */
  function run(set: ReplicaSet, members = 3) {
    const connections: string[] = [];
    const connect = (address: string) => {
      connections.push(address);
      return set;
    };
    const env = { MONGODB_USERNAME: 'user', MONGODB_PASSWORD: 'p/w' };
    const sleep = () => set.pass();
    runInNewContext(script(members), {
      process: { env },
      connect,
      print: () => undefined,
      sleep,
      encodeURIComponent,
    });
    return connections;
  }

  it('initiates it with all members, from the first', () => {
    const set = new ReplicaSet();
    const [first, primary] = run(set);
    expect(first).toBe(`mongodb://user:p%2Fw@${host(0)}/admin?directConnection=true`);
    expect(primary).toBe(`mongodb://user:p%2Fw@${[0, 1, 2].map(host).join(',')}/admin?replicaSet=rs0`);
    expect(set.hosts).toEqual([0, 1, 2].map(host));
    expect(set.changes).toBe(1);
  });

  it('leaves one alone that is as it should be', () => {
    const set = new ReplicaSet([0, 1, 2].map(host));
    run(set);
    expect(set.changes).toBe(0);
  });

  it('adds members one by one, each after the one before is up', () => {
    const set = new ReplicaSet([0, 1, 2].map(host));
    run(set, 5);
    expect(set.hosts).toEqual([0, 1, 2, 3, 4].map(host));
    expect(set.changes).toBe(2);
  });

  it('removes members one by one', () => {
    const set = new ReplicaSet([0, 1, 2, 3, 4].map(host));
    run(set, 3);
    expect(set.hosts).toEqual([0, 1, 2].map(host));
    expect(set.changes).toBe(2);
  });

  it('goes on where it was interrupted', () => {
    const set = new ReplicaSet([0, 1, 2, 3].map(host));
    run(set, 5);
    expect(set.hosts).toEqual([0, 1, 2, 3, 4].map(host));
    expect(set.changes).toBe(1);
  });

  it('fails on anything else, to be tried again', () => {
    const set = new ReplicaSet();
    set.adminCommand = () => {
      throw new Error('not authorized');
    };
    expect(() => run(set)).toThrow('not authorized');
  });
});

interface SetConfig {
  readonly _id: string;
  readonly version: number;
  readonly members: readonly { readonly _id: number; readonly host: string }[];
}

/** What the script meets of MongoDB: a set that takes one change of voting members at a time, and members that need time. */
class ReplicaSet {
  changes = 0;
  private config?: SetConfig;
  private readonly starting = new Map<string, number>();

  constructor(hosts?: readonly string[]) {
    if (hosts) this.config = { _id: 'rs0', version: 1, members: hosts.map((host, _id) => ({ _id, host })) };
  }

  get hosts(): readonly string[] {
    return this.config?.members.map(({ host }) => host) ?? [];
  }

  /** A second passes. */
  pass(): void {
    for (const [host, seconds] of this.starting) this.starting.set(host, seconds - 1);
  }

  hello(): object {
    return this.config === undefined ? {} : { setName: 'rs0', primary: this.hosts[0] };
  }

  adminCommand(command: {
    replSetInitiate?: SetConfig;
    replSetReconfig?: SetConfig;
    replSetGetConfig?: 1;
  }): object {
    if (command.replSetInitiate) {
      this.changes += 1;
      this.config = { ...command.replSetInitiate, version: 1 };
      return { ok: 1 };
    }
    const { config } = this;
    if (config === undefined) throw Object.assign(new Error('no config'), { codeName: 'NotYetInitialized' });
    if (command.replSetReconfig) this.reconfigure(config, command.replSetReconfig);
    if (command.replSetGetConfig) return { ok: 1, config };
    return {
      ok: 1,
      members: config.members.map(({ host }) => ({ name: host, stateStr: this.stateOf(host) })),
    };
  }

  private reconfigure(old: SetConfig, next: SetConfig): void {
    if (next.version !== old.version + 1) throw new Error('version');
    const hosts = next.members.map(({ host }) => host);
    const added = hosts.filter((host) => !this.hosts.includes(host));
    const removed = this.hosts.filter((host) => !hosts.includes(host));
    if (added.length + removed.length !== 1) throw new Error('only one voting member at a time');
    if (this.hosts.some((host) => this.stateOf(host) === 'STARTUP2'))
      throw new Error('a member is not up yet');
    if (new Set(next.members.map(({ _id }) => _id)).size !== hosts.length)
      throw new Error('_id stands twice');
    for (const host of added) this.starting.set(host, 3);
    this.config = next;
    this.changes += 1;
  }

  private stateOf(host: string): string {
    if ((this.starting.get(host) ?? 0) > 0) return 'STARTUP2';
    return host === this.hosts[0] ? 'PRIMARY' : 'SECONDARY';
  }
}

describe('ComponentRepository', () => {
  it('on its embedded store has one pod at a time, and a disk', () => {
    const objects = withStore(() => mis.EmbeddedStore.onClaim({ size: Size.gibibytes(5) }));
    expect(find(objects, 'Deployment', 'repository').spec).toMatchObject({
      replicas: 1,
      strategy: { type: 'Recreate' },
    });
    expect(
      at(find(objects, 'PersistentVolumeClaim', 'repository-data'), 'spec.resources.requests.storage'),
    ).toBe('5120Mi');
    expect(environment(objects)).toEqual([{ name: 'MIS_STORE', value: 'file:/var/lib/mis-repository' }]);
  });

  it('listens where its Service and its probes look', () => {
    const container = at(
      find(
        withStore(() => mis.EmbeddedStore.onClaim()),
        'Deployment',
        'repository',
      ),
      'spec.template.spec.containers.0',
    );
    expect(at(container, 'command')).toEqual(['mis-repository']);
    expect(at(container, 'args')).toEqual(['--http', '0.0.0.0:9012']);
    expect(at(container, 'readinessProbe.httpGet')).toEqual({ path: '/readyz', port: 'http' });
    expect(at(container, 'livenessProbe.httpGet')).toEqual({ path: '/healthz', port: 'http' });
  });
});
