import { Duration, Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-27';
import { parse } from 'yaml';
import * as mis from '../../../constructs';
import { parseProfile } from '../../../contracts/benchmark/read-profile';
import { createProgram } from '../../../scripts/benchmark/program';
import { fallDetection } from '../../../stacks/pipelines/fall-detection/pipeline';
import { at, find, synthesize, type Synthesized } from '../../fixtures/synthesize';

type Props = Partial<mis.BenchmarkJobProps>;

const serverOf = (ml: mis.StackNamespace): mis.InferenceServer =>
  new mis.InferenceServer(ml, 'fall', {
    pipelines: [fallDetection],
    components: mis.ComponentSource.image('/app/components'),
    callers: [],
  });
const profile = { profile: 'fall-detection', clients: [1, 4], devices: [10], measure: '20s' } as const;

function make(props: Props = {}): Synthesized[] {
  return synthesize((ml) => {
    const target = mis.BenchmarkTarget.server(serverOf(ml));
    new mis.BenchmarkJob(ml, 'load', { target, profile, ...props });
  });
}

const jobOf = (objects: readonly Synthesized[]): Synthesized =>
  find(objects, 'Job', objects.find(({ kind }) => kind === 'Job')?.metadata.name ?? '');
const pod = (objects: readonly Synthesized[]): unknown => at(jobOf(objects), 'spec.template.spec');

describe('BenchmarkJob', () => {
  it('runs the driver once against the Service of the servers', () => {
    const objects = make();
    expect(at(jobOf(objects), 'spec')).toMatchObject({
      backoffLimit: 0,
      template: { spec: { restartPolicy: 'Never', automountServiceAccountToken: false } },
    });
    expect(at(pod(objects), 'containers.0')).toMatchObject({
      command: ['mis-bench'],
      args: [
        ...['run', '/etc/mis-bench/profile.yaml'],
        ...['--target', 'fall.ml.svc.cluster.local:50051'],
        ...['--deployment', 'fall'],
        ...['--processes', '2'],
        ...['--out', '/results/$(POD_NAME)'],
      ],
      env: [{ name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
      securityContext: { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false },
    });
  });

  it('is deleted by nobody but its owner: the next apply would drive the load again', () => {
    expect(at(jobOf(make()), 'spec.ttlSecondsAfterFinished')).toBeUndefined();
    expect(at(jobOf(make({ keepFor: Duration.hours(8) })), 'spec.ttlSecondsAfterFinished')).toBe(28_800);
  });

  it('hands the driver the profile as it was written', () => {
    const text = at(find(make(), 'ConfigMap', 'load-profile'), 'data') as Record<string, string>;
    expect(parse(text['profile.yaml'] ?? '')).toEqual(profile);
    expect(parseProfile(text['profile.yaml'] ?? '')).toMatchObject({ clients: [1, 4], measure: 20_000 });
  });

  it('takes the text of a document as well, comments and all', () => {
    const text = '# by hand\nprofile: closed-loop\nclients: 2\n';
    expect(at(find(make({ profile: text }), 'ConfigMap', 'load-profile'), 'data')).toEqual({
      'profile.yaml': text,
    });
  });

  it('lies beside the files that the profile names', () => {
    const objects = make({
      profile: { ...profile, recording: 'walk.csv' },
      files: { 'walk.csv': 'x,y,z\n1,2,3\n' },
    });
    expect(Object.keys(at(find(objects, 'ConfigMap', 'load-profile'), 'data') as object)).toEqual([
      'profile.yaml',
      'walk.csv',
    ]);
    expect(at(pod(objects), 'containers.0.volumeMounts.0')).toEqual({
      name: 'profile',
      mountPath: '/etc/mis-bench',
      readOnly: true,
    });
  });

  it('is let through to what it drives, by both policies, and to nothing else', () => {
    const objects = make();
    const driver = {
      matchLabels: { 'app.kubernetes.io/name': 'benchmark', 'app.kubernetes.io/instance': 'load' },
    };
    expect(at(find(objects, 'NetworkPolicy', 'fall'), 'spec.ingress')).toEqual([
      { from: [{ podSelector: driver }], ports: [{ protocol: 'TCP', port: 50051 }] },
    ]);
    const policy = find(objects, 'NetworkPolicy', 'load');
    expect(at(policy, 'spec.podSelector')).toEqual(driver);
    expect(at(policy, 'spec.ingress')).toBeUndefined();
    expect((at(policy, 'spec.egress') as unknown[]).length).toBe(2); // names, and the servers
  });

  it('drives a balancer, and servers that are not of this package', () => {
    const balanced = synthesize((ml) => {
      const edge = new mis.EnvoyLoadBalancer(ml, 'edge', { backend: serverOf(ml), port: 8443 });
      new mis.BenchmarkJob(ml, 'load', { target: mis.BenchmarkTarget.balancer(edge), profile });
    });
    expect(at(pod(balanced), 'containers.0.args')).toContain('edge.ml.svc.cluster.local:8443');
    const outside = make({
      target: mis.BenchmarkTarget.address('192.0.2.7:50051', mis.Peer.network('192.0.2.0/24')),
    });
    expect(at(find(outside, 'NetworkPolicy', 'load'), 'spec.egress.1')).toEqual({
      to: [{ ipBlock: { cidr: '192.0.2.0/24' } }],
      ports: [{ protocol: 'TCP', port: 50051 }],
    });
  });

  it('ends in time: after twice what the profile takes and ten minutes, or as told', () => {
    // Two measurements of 2 s warm-up, 20 s, and 10 s for the last answers.
    expect(at(jobOf(make()), 'spec.activeDeadlineSeconds')).toBe(2 * 2 * (2 + 20 + 10) + 600);
    expect(at(jobOf(make({ timeLimit: Duration.minutes(5) })), 'spec.activeDeadlineSeconds')).toBe(300);
  });

  it('has a driver process for each whole CPU', () => {
    const cpus = (cpu: Cpu): unknown => {
      const resources = mis.Resources.guaranteed(cpu, Size.gibibytes(1));
      const args = at(pod(make({ resources })), 'containers.0.args') as string[];
      return args[args.indexOf('--processes') + 1];
    };
    expect([cpus(Cpu.units(6)), cpus(Cpu.millis(2500)), cpus(Cpu.millis(500))]).toEqual(['6', '2', '1']);
  });

  it('keeps results on a claim of its own, on one that is there, or nowhere', () => {
    const volume = (results?: mis.BenchmarkResults): unknown => at(pod(make({ results })), 'volumes.1');
    expect(volume()).toEqual({ name: 'results', emptyDir: { sizeLimit: '1024Mi' } });
    expect(volume(mis.BenchmarkResults.volume('kept'))).toEqual({
      name: 'results',
      persistentVolumeClaim: { claimName: 'kept' },
    });
    const objects = make({ results: mis.BenchmarkResults.claim({ storageClass: 'fast' }) });
    expect(at(pod(objects), 'volumes.1.persistentVolumeClaim.claimName')).toBe('load-results');
    expect(find(objects, 'PersistentVolumeClaim', 'load-results').spec).toEqual({
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'fast',
      resources: { requests: { storage: '1024Mi' } },
    });
  });

  it('shows certificate and token, which lie in Secrets', () => {
    const objects = make({
      tls: { authorities: 'edge-ca', client: 'driver-tls', serverName: 'edge.example' },
      token: mis.SecretKey.of('clients', 'benchmark'),
    });
    const args = at(pod(objects), 'containers.0.args') as string[];
    const access = '/etc/mis-bench-access';
    expect(args.slice(args.indexOf('--tls'))).toEqual([
      '--tls',
      ...['--tls-ca', `${access}/authorities/ca.crt`],
      ...['--tls-cert', `${access}/client/tls.crt`],
      ...['--tls-key', `${access}/client/tls.key`],
      ...['--tls-server-name', 'edge.example'],
      ...['--token-file', `${access}/token/benchmark`],
    ]);
    expect((at(pod(objects), 'volumes') as unknown[]).slice(3)).toEqual([
      { name: 'authorities', secret: { secretName: 'edge-ca', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      {
        name: 'client',
        secret: {
          secretName: 'driver-tls',
          items: [
            { key: 'tls.crt', path: 'tls.crt' },
            { key: 'tls.key', path: 'tls.key' },
          ],
        },
      },
      { name: 'token', secret: { secretName: 'clients', items: [{ key: 'benchmark', path: 'benchmark' }] } },
    ]);
    expect(at(pod(make({ tls: {} })), 'containers.0.args')).toContain('--tls');
  });

  it('calls the driver as the driver can be called', () => {
    const objects = make({
      tls: { authorities: 'a', client: 'c', serverName: 's' },
      token: mis.SecretKey.of('t', 'k'),
    });
    const args = at(pod(objects), 'containers.0.args') as string[];
    const run = createProgram().commands.find((command) => command.name() === args[0]);
    expect(args.filter((arg) => arg.startsWith('--'))).toHaveLength(10);
    const known = new Set(run?.options.map(({ long }) => long));
    expect(args.filter((arg) => arg.startsWith('--') && !known.has(arg))).toEqual([]);
  });

  it('is another Job when its profile, or anything else of it, changes', () => {
    const name = (props?: Props): string => jobOf(make(props)).metadata.name;
    expect(name()).toBe(name());
    const others = [
      name(),
      name({ profile: { ...profile, measure: '30s' } }),
      name({ processes: 1 }),
      name({ keepFor: Duration.hours(1) }),
      name({ image: mis.ContainerImage.of('registry.example/bench:1.0.0') }),
    ];
    expect(new Set(others).size).toBe(others.length);
  });

  it('calls what answers by the profile’s word, or by its own', () => {
    const label = (props: Props): unknown => at(pod(make(props)), 'containers.0.args.5');
    expect(label({ profile: { ...profile, deployment: 'one pod' } })).toBe('one pod');
    expect(label({ profile: { ...profile, deployment: 'one pod' }, deployment: 'two pods' })).toBe(
      'two pods',
    );
  });
});

describe('BenchmarkJob refuses', () => {
  const untyped = (value: unknown): never => value as never;
  it.each<[string, Props, string]>([
    [
      'a profile that the driver would refuse, with every problem',
      { profile: untyped({ profile: 'fall-detection', clients: 0, devcies: 3 }) },
      "BenchmarkJob 'test/ml/load': the profile cannot be run:",
    ],
    [
      'a misspelt field',
      { profile: untyped({ profile: 'fall-detection', devcies: 3 }) },
      'devcies: is unknown; did you mean',
    ],
    ['a text that is no document', { profile: 'a: [' }, 'the profile cannot be run'],
    [
      'a target in the profile',
      { profile: { ...profile, target: 'a:1' } },
      `'profile.target' must be left out: the Job's own target is what is driven, got "a:1"`,
    ],
    [
      'a file that is not given',
      { profile: { ...profile, recording: 'walk.csv' } },
      "'files' must be given with each file that the profile names: walk.csv",
    ],
    ['a name that is no file’s', { files: { '../x': '' } }, "'files' must be names of letters, digits"],
    ['no process', { processes: 0 }, "'processes' must be an integer from 1 to 64, got 0"],
    ['a time limit of nothing', { timeLimit: Duration.seconds(1) }, "'timeLimit' must be a number from 60"],
    ['a bare address', { target: untyped('fall:50051') }, "'target' must be a BenchmarkTarget"],
    ['a claim by name alone', { results: untyped('claim') }, "'results' must be a BenchmarkResults"],
    ['a token itself', { token: untyped('abc') }, "'token' must be a SecretKey"],
    ['an empty label', { deployment: ' ' }, "'deployment' must be a text that is not empty"],
  ])('%s', (_title, props, message) => expect(() => make(props)).toThrow(message));

  it.each(['fall', 'fall:0', 'fall:70000', 'http://fall:50051', ':1'])('the address %s', (address) =>
    expect(() => mis.BenchmarkTarget.address(address)).toThrow(
      `'address' must be host:port, e.g. inference.example:50051, got "${address}"`,
    ),
  );

  it('what is no server', () => {
    expect(() => mis.BenchmarkTarget.server(untyped({}))).toThrow("'server' must be an InferenceServer");
    expect(() => mis.BenchmarkTarget.balancer(untyped({}))).toThrow(
      "'balancer' must be an EnvoyLoadBalancer",
    );
  });
});
