import { Duration, Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-27';
import * as mis from '../../constructs';
import { fallDetection } from '../../stacks/pipelines/fall-detection/pipeline';
import { synthesize } from '../fixtures/synthesize';

const components = mis.ComponentSource.volume('models');
const server = (props: object) =>
  synthesize(
    (ml) => void new mis.InferenceServer(ml, 's', { pipelines: [fallDetection], components, ...props }),
  );
const between = (signal: mis.ScalingSignal, min = 1) => ({
  replicas: mis.Replicas.between(min, 3, { signals: [signal] }),
});
const target = Duration.millis(10);

/** Mistakes of callers without types, or with values that no type tells apart: property, remedy and value are named. */
const MISTAKES: [string, () => unknown, RegExp][] = [
  [
    'a GPU that no pipeline uses',
    () => server({ gpu: mis.Gpu.whole() }),
    /'gpu' must be left out, or a pipeline must use it: 'inferencer\.providers: \[cuda, cpu\]'.*got Gpu 1 × nvidia\.com\/gpu/,
  ],
  ['a number of GPUs', () => server({ gpu: 1 }), /'gpu' must be a Gpu, e\.g\. Gpu\.whole\(\), got 1/],
  [
    'a duration as text',
    () => server({ drainTimeout: '30s' }),
    /'drainTimeout' must be a Duration, e\.g\. Duration\.seconds\(30\), got "30s"/,
  ],
  ['a start as text', () => server({ startupTimeout: '5m' }), /'startupTimeout' must be a Duration/],
  [
    'a repository as text',
    () => server({ repository: 'http://repository:9012' }),
    /'repository' must be a ComponentRepository, e\.g\. ComponentRepository\.fromUrl.*got "http:/,
  ],
  [
    'a pipeline that is undefined',
    () => server({ pipelines: [undefined] }),
    /'pipelines' must be .*got nothing/,
  ],
  [
    'a pipeline as a path',
    () => server({ pipelines: ['./pipeline.yaml'] }),
    /'pipelines' must be .*InferencePipeline\.fromFile, got ".\/pipeline\.yaml"/,
  ],
  [
    'an image as text',
    () => server({ image: 'registry/x:1' }),
    /'image' must be a ContainerImage, e\.g\. .*registry\/x:1/,
  ],
  [
    'components as a path',
    () => server({ components: './components' }),
    /'components' must be a ComponentSource/,
  ],
  ['an exposure as text', () => server({ exposure: 'LoadBalancer' }), /'exposure' must be a Exposure/],
  [
    'memory that no server starts with',
    () => server({ resources: mis.Resources.guaranteed(Cpu.units(1), Size.mebibytes(16)) }),
    /'resources' must be at least Size\.mebibytes\(128\).*got "16 MiB of memory"/,
  ],
  [
    'a Prometheus without a scheme',
    () => mis.ScalingSignal.queueTime({ target, prometheus: 'p:9090' }),
    /'prometheus' must be a URL, e\.g\. http:\/\/prometheus\.monitoring:9090, got "p:9090"/,
  ],
  [
    'no Prometheus',
    () => server(between(mis.ScalingSignal.queueTime({ target }))),
    /give them 'prometheus', or make/,
  ],
  [
    'a target as text',
    () => mis.ScalingSignal.queueTime({ target: '10ms' as never }),
    /'target' must be a Duration/,
  ],
  [
    'no pods by a signal that pods give',
    () => between(mis.ScalingSignal.queueTime({ target }), 0),
    /'min' must be at least 1, or 0 with a ScalingSignal\.query/,
  ],
  ...['Bearer abcdef123456', 'authorization=Bearer abcdef123456', 'Basic dXNlcjpodW50ZXIy'].map(
    (value): [string, () => unknown, RegExp] => [
      `a header ${value}`,
      () => server({ environment: { OTEL_EXPORTER_OTLP_HEADERS: value } }),
      /'environment\.OTEL_EXPORTER_OTLP_HEADERS' must be a reference .*got a literal \(not shown\)/,
    ],
  ),
  ...(
    [
      ['GITHUB', `ghp_${'a1'.repeat(18)}`],
      ['GITHUB_PAT', 'abc'],
      ['SLACK', 'https://hooks.slack.com/services/T000/B000/abcdef'],
      ['AWS', 'AKIAIOSFODNN7EXAMPLE'],
      ['JWT', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc_def-ghi'],
      ['KEY', '-----BEGIN RSA PRIVATE KEY-----\nabc'],
      ['DB_PASSWORD', '/hunter2'],
      ['DATABASE_URL', 'postgres://u:hunter2@h/db'],
      ['MIS_TOKENS', 'secret-token'],
    ] as const
  ).map(([name, value]): [string, () => unknown, RegExp] => [
    `a secret in ${name}`,
    () => server({ environment: { [name]: value } }),
    new RegExp(`'environment\\.${name}' must be a reference`),
  ]),
];

describe('mistakes are told by property, remedy and value', () => {
  it.each(MISTAKES)('%s', (_title, build, message) => {
    expect(build).toThrow(message);
    expect(build).not.toThrow(TypeError);
  });
});

describe('what is right is not refused', () => {
  it.each<[string, string]>([
    ['MAX_TOKENS', '4096'],
    ['MIS_TOKENS', '/etc/mis/tokens'],
    ['AWS_WEB_IDENTITY_TOKEN_FILE', '/var/run/secrets/token'],
    ['TOKENIZER_PATH', '/models/tokenizer'],
    ['USE_API_KEY', 'true'],
    ['MIS_TOKEN_EXPIRY', 'end'],
    ['API_TOKEN', '$(TOKEN)'],
    ['CONNECTION', 'postgres://u@h/db'],
    ['TEXT', 'a basic test'],
  ])('%s=%s', (name, value) => {
    expect(() => server({ environment: { [name]: value } })).not.toThrow();
  });
});

describe('signals of autoscalers', () => {
  const scaled = (signals: mis.ScalingSignal[], monitored = false) =>
    synthesize((ml) => {
      const replicas = mis.Replicas.between(1, 4, { signals });
      const given = new mis.InferenceServer(ml, 's', { pipelines: [fallDetection], components, replicas });
      if (monitored) new mis.Monitoring(ml, 'monitoring', { targets: [given] });
    });

  it('read from the Prometheus that scrapes the servers, which admits KEDA', () => {
    const objects = scaled([mis.ScalingSignal.queueTime({ target, kedaNamespace: 'scaling' })], true);
    const text = JSON.stringify(objects.find(({ kind }) => kind === 'ScaledObject'));
    expect(text).toContain('"serverAddress":"http://monitoring-prometheus.ml.svc.cluster.local:9090"');
    const policy = objects.find(
      ({ kind, metadata: { name } }) => kind === 'NetworkPolicy' && name === 'monitoring-prometheus',
    );
    expect(JSON.stringify(policy)).toContain('"kubernetes.io/metadata.name":"scaling"');
  });

  it('can be memory, and any query', () => {
    const memory = scaled([mis.ScalingSignal.memory()]).find(
      ({ kind }) => kind === 'HorizontalPodAutoscaler',
    );
    expect(JSON.stringify(memory)).toContain('"name":"memory"');
    const query = mis.ScalingSignal.query({ query: 'sum(x)', target: 8, prometheus: 'http://p:9090' });
    const objects = synthesize((ml) => {
      const replicas = mis.Replicas.between(0, 4, { signals: [query] });
      new mis.InferenceServer(ml, 's', { pipelines: [fallDetection], components, replicas });
    });
    expect(objects.find(({ kind }) => kind === 'ScaledObject')?.spec).toMatchObject({
      minReplicaCount: 0,
      triggers: [{ metricType: 'AverageValue', metadata: { query: 'sum(x)', threshold: '8' } }],
    });
  });
});
