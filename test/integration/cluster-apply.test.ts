import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Yaml } from 'cdk8s';
import { parseAllDocuments, stringify } from 'yaml';
import { type ManifestObject } from '../../constructs/policy';
import { podTemplate } from '../../constructs/policy/manifest-object';
import { everyOption } from '../fixtures/every-option';
import { describeWith } from '../fixtures/tools';
import { synthesize } from '../fixtures/synthesize';
import { customResources } from './custom-resources';
import { TestCluster } from '../fixtures/test-cluster';

const DIST = join(__dirname, '../../dist');
const STRICT = ['apply', '--server-side', '--validate=strict', '-f', '-'];

describeWith('Kubernetes cluster', 'a real Kubernetes API', (tool) => {
  let cluster: TestCluster;
  const applied: string[] = [];

  beforeAll(() => {
    cluster = TestCluster.start(tool);
  }, 150_000);

  afterAll(() => {
    for (const text of applied.reverse()) {
      cluster?.kubectl(['delete', '--ignore-not-found', '--wait=false', '-f', '-'], text);
    }
    cluster?.stop();
  }, 120_000);

  /** Applies as a user would. What the API does not know, or warns of, is told on standard error. */
  function apply(text: string): string {
    applied.push(text);
    const { status, stderr } = cluster.kubectl(STRICT, text);
    return status === 0 ? stderr : `failed: ${stderr}`;
  }

  /** A pod of each workload, as a controller would make it, tried against admission and not kept. */
  function admit(objects: readonly ManifestObject[]): string {
    const pods = objects.flatMap((object) => {
      const template = podTemplate(object);
      if (template === undefined) return [];
      const { name, namespace } = object.metadata ?? {};
      const spec = {
        ...template.spec,
        volumes: [...(template.spec?.volumes ?? []), ...claimedVolumes(object)],
      };
      return [{ apiVersion: 'v1', kind: 'Pod', metadata: { ...template.metadata, name, namespace }, spec }];
    });
    expect(pods.length).toBeGreaterThan(0);
    const { status, stderr } = cluster.kubectl(
      ['create', '--dry-run=server', '-f', '-'],
      Yaml.stringify(...pods),
    );
    return status === 0 ? stderr : `failed: ${stderr}`;
  }

  it.each(['single-pod', 'load-balanced'])(
    'takes dist/%s.k8s.yaml, strictly and without a warning',
    (name) => {
      const text = readFileSync(join(DIST, `${name}.k8s.yaml`), 'utf8');
      expect(apply(text)).toBe('');
      expect(admit(parseAllDocuments(text).map((document) => document.toJS() as ManifestObject))).toBe('');
      const { status, stdout } = cluster.kubectl(['diff', '--server-side', '-f', '-'], text);
      expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    },
    60_000,
  );

  it('takes every construct with every option', () => {
    expect(apply(customResources())).toBe('');
    expect(apply(stringify(PRIORITY_CLASS))).toBe('');
    cluster.kubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all']);
    const objects = synthesize(everyOption);
    const text = Yaml.stringify(...objects);
    expect(apply(text)).toBe('');
    expect(admit(objects as unknown as ManifestObject[])).toBe('');
  }, 60_000);

  it('refuses in a restricted namespace what only a privileged one may run', () => {
    const nodeExporter = synthesize(everyOption).find(
      ({ metadata }) => metadata.name === 'node-exporter',
    ) as unknown as ManifestObject;
    const moved = { ...nodeExporter, metadata: { ...nodeExporter.metadata, namespace: 'ml' } };
    expect(admit([moved])).toMatch(/violates PodSecurity "restricted:v1.27"/);
  }, 30_000);
});

const PRIORITY_CLASS = {
  apiVersion: 'scheduling.k8s.io/v1',
  kind: 'PriorityClass',
  metadata: { name: 'high' },
  value: 1000,
};

/** The volumes that a StatefulSet adds to its pods. */
function claimedVolumes({ spec }: ManifestObject): object[] {
  const templates = (spec?.volumeClaimTemplates ?? []) as { metadata: { name: string } }[];
  return templates.map(({ metadata: { name } }) => ({ name, persistentVolumeClaim: { claimName: name } }));
}
