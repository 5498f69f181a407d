import * as mis from '../../constructs';
import { fallDetection } from '../../stacks/pipelines/fall-detection/pipeline';
import { FALL_DETECTION } from '../fixtures/start-server';
import { at, find, synthesize } from '../fixtures/synthesize';

const pipelines = [fallDetection];
const components = mis.ComponentSource.volume('models');
const pod = (objects: ReturnType<typeof synthesize>, name: string) =>
  at(find(objects, 'Deployment', name), 'spec.template.spec');

describe('a repository that exists already', () => {
  const token = mis.SecretKey.of('repository', 'token');
  const certificateAuthorities = mis.CertificateAuthorities.fromSecret('company', 'root.pem');

  it('is named by its URL, with token and authorities', () => {
    const peer = mis.Peer.network('192.0.2.0/24');
    const repository = mis.ComponentRepository.fromUrl('https://repository.example', {
      token,
      certificateAuthorities,
      peer,
    });
    const objects = synthesize((ml) => void new mis.InferenceServer(ml, 'fall', { pipelines, repository }));
    const server = pod(objects, 'fall');
    expect(at(server, 'containers.0.env')).toEqual(
      expect.arrayContaining([
        { name: 'REPOSITORY_ADDRESS', value: 'https://repository.example' },
        { name: 'NODE_EXTRA_CA_CERTS', value: '/etc/mis/certificate-authorities/ca.crt' },
      ]),
    );
    expect(at(server, 'containers.0.args')).toEqual(
      expect.arrayContaining(['--repository-token-file', '/etc/mis/repository-token/token']),
    );
    expect(at(server, 'volumes')).toEqual(
      expect.arrayContaining([
        {
          name: 'repository-token',
          secret: { secretName: 'repository', items: [{ key: 'token', path: 'token' }] },
        },
        { name: 'extra-0', secret: { secretName: 'company', items: [{ key: 'root.pem', path: 'ca.crt' }] } },
      ]),
    );
    expect(at(find(objects, 'NetworkPolicy', 'fall'), 'spec.egress.1')).toEqual({
      to: [{ ipBlock: { cidr: '192.0.2.0/24' } }],
      ports: [{ protocol: 'TCP', port: 443 }],
    });
  });

  it('can be any object with a URL', () => {
    const repository: mis.IComponentRepository = { url: 'http://repository.shared.svc:9012' };
    const asked: string[] = [];
    const connections: mis.IConnections = {
      peer: mis.Peer.namespace('shared'),
      allowFrom: (peer, ...ports) => asked.push(`${peer.toString()} ${ports.join()}`),
    };
    const objects = synthesize((ml) => {
      new mis.InferenceServer(ml, 'a', { pipelines, repository });
      new mis.InferenceServer(ml, 'b', { pipelines, repository: { ...repository, connections, port: 8080 } });
    });
    const egress = (name: string) => at(find(objects, 'NetworkPolicy', name), 'spec.egress.1');
    expect(egress('a')).toEqual({ ports: [{ protocol: 'TCP', port: 9012 }] });
    expect(egress('b')).toMatchObject({
      to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'shared' } } }],
      ports: [{ port: 8080 }],
    });
    expect(asked).toEqual(['Peer pods of ml 8080']);
  });

  it.each([
    ['ftp://repository', 'a URL, e.g. https://repository.example'],
    ['repository:9012', 'a URL, e.g. https://repository.example'],
    ['https://user:hunter2@repository', 'a URL without user and password'],
  ])('is refused at %s', (url, allowed) => {
    let message = '';
    try {
      mis.ComponentRepository.fromUrl(url);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toContain(`ComponentRepository.fromUrl: 'url' must be ${allowed}`);
    expect(message).not.toContain('hunter2');
  });
});

describe('a repository of the stack with tokens and TLS', () => {
  const objects = synthesize((ml) => {
    const repository = new mis.ComponentRepository(ml, 'repository', {
      store: mis.EmbeddedStore.onClaim(),
      access: mis.RepositoryAccess.byToken({
        tokens: mis.SecretKey.of('repository-tokens', 'tokens'),
        reader: mis.SecretKey.of('repository-reader', 'token'),
        publicRead: false,
      }),
      tls: mis.ServerTls.fromSecret('repository-tls'),
      tlsAuthorities: mis.CertificateAuthorities.fromSecret('repository-tls'),
    });
    const trustedKeys = [mis.SecretKey.of('signing', 'a.pem'), mis.SecretKey.of('signing', 'b.pem')];
    const server = new mis.InferenceServer(ml, 'fall', { pipelines, repository, trustedKeys });
    new mis.Monitoring(ml, 'monitoring', { targets: [server, repository] });
  });

  it('asks for them', () => {
    const container = at(pod(objects, 'repository'), 'containers.0');
    expect(at(container, 'args')).toEqual([
      ...['--http', '0.0.0.0:9012', '--tokens', '/etc/mis/tokens/tokens'],
      ...['--tls-cert', '/etc/mis/tls/tls.crt', '--tls-key', '/etc/mis/tls/tls.key'],
    ]);
    for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe'])
      expect(at(container, `${probe}.httpGet.scheme`)).toBe('HTTPS');
  });

  it('is fetched from with the token of readers, its authorities and signed code', () => {
    const container = at(pod(objects, 'fall'), 'containers.0');
    expect(at(container, 'env')).toContainEqual({
      name: 'REPOSITORY_ADDRESS',
      value: 'https://repository.ml.svc.cluster.local:9012',
    });
    expect(at(container, 'args')).toEqual(
      expect.arrayContaining([
        ...['--repository-token-file', '/etc/mis/repository-token/token'],
        ...['--trusted-keys', '/etc/mis/trusted-key-0/key.pem'],
        ...['--trusted-keys', '/etc/mis/trusted-key-1/key.pem'],
      ]),
    );
  });

  it('is scraped over TLS', () => {
    const { data } = find(objects, 'ConfigMap', 'monitoring-prometheus-config') as unknown as {
      data: Record<string, string>;
    };
    expect(
      data['prometheus.yaml']?.match(/scheme: https\n +tls_config:\n +insecure_skip_verify: true/g),
    ).toHaveLength(1);
  });
});

describe('servers of another team', () => {
  const backend: mis.IInferenceBackend = {
    serviceName: 'fall',
    host: 'fall.other.svc.cluster.local',
    headlessHost: 'fall-headless.other.svc.cluster.local',
    grpcPort: 50051,
  };

  it('are balanced, and driven by a benchmark', () => {
    const objects = synthesize((ml) => {
      new mis.EnvoyLoadBalancer(ml, 'edge', { backend });
      const target = mis.BenchmarkTarget.server(backend);
      new mis.BenchmarkJob(ml, 'load', { target, profile: { profile: 'closed-loop' } });
    });
    const { data } = find(objects, 'ConfigMap', 'edge-config') as unknown as { data: Record<string, string> };
    expect(data['envoy.yaml']).toContain('address: fall-headless.other.svc.cluster.local');
    for (const name of ['edge', 'load'])
      expect(at(find(objects, 'NetworkPolicy', name), 'spec.egress.1')).toEqual({
        ports: [{ protocol: 'TCP', port: 50051 }],
      });
  });
});

describe('a pipeline from its file', () => {
  it('is the same as from the value', () => {
    const objects = synthesize((ml) => {
      const pipeline = mis.InferencePipeline.fromFile(ml, 'fall-detection', FALL_DETECTION);
      new mis.InferenceServer(ml, 'fall', { pipelines: [pipeline], components });
      expect(pipeline.document).toEqual(
        new mis.InferencePipeline(ml, 'value', { document: fallDetection }).document,
      );
    });
    expect(find(objects, 'ConfigMap', 'fall-detection')).toBeDefined();
  });

  it('is refused with the path where there is none', () => {
    expect(() => synthesize((ml) => void mis.InferencePipeline.fromFile(ml, 'x', '/nowhere.yaml'))).toThrow(
      /\/nowhere\.yaml/,
    );
  });
});
