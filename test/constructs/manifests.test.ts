import { parseAllDocuments } from 'yaml';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { POLICY_RULES } from '../../constructs/policy';
import { type ManifestObject } from '../../constructs/policy';
import { everyOption } from '../fixtures/every-option';
import { KubernetesSchema } from './kubernetes/kubernetes-schema';
import { synthesize, type Synthesized } from '../fixtures/synthesize';

const DIST = join(__dirname, '../../dist');

function committed(name: string): Synthesized[] {
  const documents = parseAllDocuments(readFileSync(join(DIST, name), 'utf8'));
  return documents.map((document) => document.toJS() as Synthesized);
}

const CUSTOM_KINDS = [
  'ClusterPolicy',
  'GRPCRoute',
  'PodMonitor',
  'PrometheusRule',
  'ScaledObject',
  'VerticalPodAutoscaler',
];

describe.each([
  ['every construct with every option', () => synthesize(everyOption)],
  ['dist/single-pod.k8s.yaml', () => committed('single-pod.k8s.yaml')],
  ['dist/load-balanced.k8s.yaml', () => committed('load-balanced.k8s.yaml')],
])('%s', (_title, manifests) => {
  const objects = manifests();

  it('has only fields of Kubernetes 1.27, of their types, and all that are required', () => {
    const schema = new KubernetesSchema();
    const problems = objects.flatMap((object) =>
      (schema.problems(object) ?? []).map((problem) => `${object.kind}/${object.metadata.name}${problem}`),
    );
    expect(problems).toEqual([]);
  });

  it('has no kinds that nobody knows', () => {
    const schema = new KubernetesSchema();
    const unknown = objects.filter((object) => schema.problems(object) === undefined).map(({ kind }) => kind);
    expect(unknown.filter((kind) => !CUSTOM_KINDS.includes(kind))).toEqual([]);
  });

  it('keeps the policy', () => {
    const privileged = ['ml-nodes', 'single-pod-nodes', 'load-balanced-nodes'];
    const facts = { isPrivileged: (namespace?: string) => privileged.includes(namespace ?? '') };
    const problems = POLICY_RULES.flatMap((rule) =>
      objects.flatMap((object) =>
        rule
          .find(object as ManifestObject, facts)
          .map((found) => `${object.kind}/${object.metadata.name} ${rule.name}: ${found}`),
      ),
    );
    expect(problems).toEqual([]);
  });

  it('has every object once', () => {
    const names = objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it('names namespaces before what is in them', () => {
    const namespaces = objects
      .filter(({ kind }) => kind === 'Namespace')
      .map(({ metadata }) => metadata.name);
    for (const name of namespaces) {
      const own = objects.findIndex(({ kind, metadata }) => kind === 'Namespace' && metadata.name === name);
      const first = objects.findIndex(({ metadata }) => metadata.namespace === name);
      expect(first === -1 || own < first).toBe(true);
    }
  });

  it('refers only to ConfigMaps, claims and accounts that it has, and to Services that select its pods', () => {
    expect(danglingReferences(objects)).toEqual([]);
  });
});

/** Names that objects refer to and that are not there; `models` is a claim that a test says exists. */
function danglingReferences(objects: readonly Synthesized[]): string[] {
  const has = (kind: string, name: unknown, namespace: unknown) =>
    objects.some(
      (object) =>
        object.kind === kind && object.metadata.name === name && object.metadata.namespace === namespace,
    );
  const problems: string[] = [];
  for (const object of objects) {
    const namespace = object.metadata.namespace;
    walk(object, (key, value) => {
      const name = (value as { name?: string } | undefined)?.name;
      if (key === 'configMap' && !has('ConfigMap', name, namespace)) problems.push(`ConfigMap ${name}`);
      if (key === 'claimName' && value !== 'models' && !has('PersistentVolumeClaim', value, namespace))
        problems.push(`claim ${String(value)}`);
      if (key === 'serviceAccountName' && !has('ServiceAccount', value, namespace))
        problems.push(`account ${String(value)}`);
      if (key === 'serviceName' && !has('Service', value, namespace))
        problems.push(`Service ${String(value)}`);
    });
  }
  const labels = objects.flatMap((object) => {
    const template = (object as { spec?: { template?: { metadata?: { labels?: Record<string, string> } } } })
      .spec?.template;
    return template?.metadata?.labels ? [template.metadata.labels] : [];
  });
  for (const object of objects.filter(({ kind }) => kind === 'Service')) {
    const { selector } = (object as unknown as { spec: { selector: Record<string, string> } }).spec;
    const selects = labels.some((pod) =>
      Object.entries(selector).every(([key, value]) => pod[key] === value),
    );
    if (!selects) problems.push(`pods of Service ${object.metadata.name}`);
  }
  return problems;
}

function walk(value: unknown, visit: (key: string, value: unknown) => void): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    visit(key, inner);
    walk(inner, visit);
  }
}
