import { App, Chart, Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-27';
import * as mis from '../../constructs';
import { fallDetection } from '../../stacks/pipelines/fall-detection/pipeline';

const untyped = (value: unknown) => value as never;
const pipelines = [fallDetection];
const components = mis.ComponentSource.image('/app/components');

/** Values that the API server, or a controller behind it, refuses: the property that the message names, and the value. */
const REFUSED: [string, () => unknown, RegExp][] = [
  [
    'a long label value',
    () => mis.NodePool.labelled({ pool: 'x'.repeat(64) }),
    /'labels\.pool' .*at most 63/,
  ],
  ['a label value with a space', () => mis.NodePool.labelled({ pool: 'a b' }), /'labels\.pool' .*got "a b"/],
  ['a label value that ends with a dot', () => mis.NodePool.labelled({ pool: 'a.' }), /'labels\.pool'/],
  ['a label value of another type', () => mis.NodePool.labelled({ pool: untyped(true) }), /got true/],
  ['a label key with two slashes', () => mis.NodePool.labelled({ 'a/b/c': 'x' }), /'labels' .*got "a\/b\/c"/],
  ['a long label key', () => mis.NodePool.labelled({ [`a/${'k'.repeat(64)}`]: 'x' }), /'labels'/],
  ['labels that are none', () => mis.NodePool.labelled(untyped('pool')), /'labels' .*got "pool"/],
  [
    'a taint key with a space',
    () => mis.NodePool.labelled({ pool: 'a' }, { taints: [{ key: 'a b' }] }),
    /'taints\.key' .*got "a b"/,
  ],
  [
    'a taint value with a slash',
    () => mis.NodePool.labelled({ pool: 'a' }, { taints: [{ key: 'a', value: 'b/c' }] }),
    /'taints\.value' .*got "b\/c"/,
  ],
  [
    'a misspelt effect',
    () => mis.NodePool.labelled({ pool: 'a' }, { taints: [{ key: 'a', effect: untyped('noschedule') }] }),
    /'taints\.effect' must be NoSchedule, PreferNoSchedule, NoExecute, got "noschedule"/,
  ],
  [
    'a prefix longer than the address',
    () => mis.Peer.network('10.0.0.0/99'),
    /'cidr' .*got "10\.0\.0\.0\/99"/,
  ],
  ['a prefix of 33 bits', () => mis.Peer.network('10.0.0.0/33'), /'cidr'/],
  ['an octet over 255', () => mis.Peer.network('999.1.1.1/8'), /'cidr'/],
  ['an octet with a leading zero', () => mis.Peer.network('010.0.0.0/8'), /'cidr'/],
  ['an IPv6 prefix of 129 bits', () => mis.Peer.network('2001:db8::/129'), /'cidr'/],
  ['an IPv6 address with two gaps', () => mis.Peer.network('2001::db8::/32'), /'cidr'/],
  ['a network that is no text', () => mis.Peer.network(untyped(10)), /'cidr' .*got 10/],
  ['a peer label with a space', () => mis.Peer.pods({ app: 'a b' }), /'labels\.app'/],
  ['a peer label of another type', () => mis.Peer.pods({ app: untyped(1) }), /'labels\.app' .*got 1/],
  [
    'a source range without a prefix',
    () => mis.Exposure.loadBalancer({ sourceRanges: ['10.0.0.1'] }),
    /'sourceRanges' .*got "10\.0\.0\.1"/,
  ],
  [
    'a source range of 99 bits',
    () => mis.Exposure.loadBalancer({ sourceRanges: ['10.0.0.0/99'] }),
    /'sourceRanges'/,
  ],
  [
    'an annotation that is no text',
    () => mis.Exposure.loadBalancer({ annotations: { internal: untyped(true) } }),
    /'annotations\.internal' .*got true/,
  ],
  [
    'an annotation key',
    () => mis.Exposure.loadBalancer({ annotations: { 'a b': 'c' } }),
    /'annotations' .*"a b"/,
  ],
  [
    'annotations over 256 KiB',
    () => mis.Exposure.loadBalancer({ annotations: { a: 'x'.repeat(300_000) } }),
    /'annotations' must be at most 262144 bytes/,
  ],
  ['a slice that no GPU has', () => mis.GpuSharing.mig('1g.99gb'), /'profile' .*1g\.10gb.*got "1g\.99gb"/],
  ['five slices', () => mis.GpuSharing.mig('5g.20gb'), /'profile'/],
  [
    'a product with a space',
    () => mis.Gpu.whole(1, { product: 'NVIDIA A100' }),
    /'product' .*got "NVIDIA A100"/,
  ],
  [
    'a namespace of the chart',
    () => inChart('Bad_NS'),
    /'namespace' must be lower-case letters.*got "Bad_NS"/,
  ],
  [
    'labels of an operator',
    () =>
      synth((ml) => {
        const server = new mis.InferenceServer(ml, 'fall', { pipelines, components });
        new mis.Monitoring(ml, 'm', { targets: [server], operator: { labels: { release: 'a b' } } });
      }),
    /'operator\.labels\.release'/,
  ],
  [
    'labels of nodes with GPUs',
    () =>
      synth(
        (_ml, chart) => new mis.GpuDevicePlugin(privileged(chart), 'gpu', { nodeLabels: { gpu: 'a b' } }),
      ),
    /'nodeLabels\.gpu'/,
  ],
  [
    'one port of the nodes for two Services',
    () =>
      synth((ml) => {
        const exposure = mis.Exposure.nodePort(31_000);
        new mis.InferenceServer(ml, 'a', { pipelines, components, exposure });
        new mis.InferenceServer(ml, 'b', { pipelines, components, exposure });
      }),
    /InferenceServer 'test\/ml\/b': 'exposure' must be a port of the nodes that 'test\/ml\/a' does not have, got 31000/,
  ],
  [
    'a document over 900 KiB',
    () =>
      synth((ml) => {
        const mean = Array.from({ length: 60_000 }, (_, index) => index + 0.123456);
        const document = mis.definePipeline({
          name: 'many',
          input: { x: { dtype: 'float32', shape: [mean.length] } },
          preprocessing: [{ use: 'normalize', mean, std: mean.map((value) => value + 1) }],
          model: { name: 'm', version: '1' },
        });
        new mis.InferenceServer(ml, 's', { pipelines: [document], components });
      }),
    /'document' must be at most 921600 bytes as YAML .*, got "\d+ bytes"/,
  ],
];

function synth(build: (ml: mis.StackNamespace, chart: Chart) => unknown): App {
  const app = new App();
  const chart = new Chart(app, 'test');
  build(new mis.StackNamespace(chart, 'ml'), chart);
  app.synthYaml();
  return app;
}

function inChart(namespace: string): void {
  new mis.InferenceServer(new Chart(new App(), 'test', { namespace }), 's', { pipelines, components });
}

function privileged(chart: Chart): mis.StackNamespace {
  return new mis.StackNamespace(chart, 'nodes', { podSecurity: mis.PodSecurity.PRIVILEGED });
}

describe('what Kubernetes refuses is refused before', () => {
  it.each(REFUSED)('%s', (_title, build, message) => {
    expect(build).toThrow(mis.PropertyError);
    expect(build).toThrow(message);
  });

  it('two charts that write one object', () => {
    const app = new App();
    for (const id of ['one', 'two']) {
      const chart = new Chart(app, id, { namespace: 'team' });
      new mis.InferenceServer(chart, 'detector', { pipelines, components });
    }
    expect(() => app.synthYaml()).toThrow(
      "Deployment.apps team/detector is already defined by 'one/detector/Resource': give one of the constructs another id",
    );
  });

  it('two charts that write one object without a namespace', () => {
    const app = new App();
    for (const id of ['one', 'two'])
      new mis.NvidiaRuntimeClass(new Chart(app, id, { namespace: id }), 'nvidia');
    expect(() => app.synthYaml()).toThrow('RuntimeClass.node.k8s.io /nvidia is already defined');
  });
});

describe('what is right is not refused', () => {
  it.each<[string, () => unknown]>([
    ['an empty label value', () => mis.NodePool.labelled({ 'node-role.kubernetes.io/gpu': '' })],
    ['63 letters', () => mis.NodePool.labelled({ 'example.com/pool': 'x'.repeat(63) })],
    [
      'a taint without a value',
      () => mis.NodePool.labelled({ a: 'b' }, { taints: [{ key: 'example.com/gpu' }] }),
    ],
    ['all addresses', () => [mis.Peer.network('0.0.0.0/0'), mis.Peer.network('::/0')]],
    ['an IPv6 network', () => mis.Peer.network('2001:DB8:1::/48')],
    [
      'an annotation with any text',
      () => mis.Exposure.loadBalancer({ annotations: { 'Example.com/a_b': '{"x": 1}\n' } }),
    ],
    ['a slice with media engines', () => mis.GpuSharing.mig('1g.10gb.me')],
    ['a product', () => mis.Gpu.whole(1, { product: 'NVIDIA-A100-SXM4-40GB-MIG-1g.5gb' })],
    [
      'equal names in charts without namespaces',
      () => {
        const app = new App();
        for (const id of ['one', 'two'])
          new mis.InferenceServer(new Chart(app, id), 's', { pipelines, components });
        app.synthYaml();
      },
    ],
    [
      'equal names in two namespaces',
      () => {
        const app = new App();
        for (const namespace of ['one', 'two'])
          new mis.InferenceServer(new Chart(app, namespace, { namespace }), 's', { pipelines, components });
        app.synthYaml();
      },
    ],
    [
      'a quota and a small server',
      () =>
        synth((ml) => {
          const resources = mis.Resources.guaranteed(Cpu.millis(100), Size.mebibytes(128));
          new mis.InferenceServer(ml, 's', { pipelines, components, resources });
        }),
    ],
  ])('%s', (_title, build) => {
    expect(build).not.toThrow();
  });
});
