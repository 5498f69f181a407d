import { POLICY_RULES, PolicyCheck, type PolicyCheckProperties } from '../../../constructs/policy';

const restricted = {
  allowPrivilegeEscalation: false,
  runAsNonRoot: true,
  runAsUser: 1,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};
const good = {
  name: 'c',
  image: 'x:1',
  resources: { limits: { cpu: '1', memory: '1Mi' } },
  readinessProbe: {},
  livenessProbe: {},
  securityContext: restricted,
};

function deployment(container: object = {}, pod: object = {}, namespace = 'ml'): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd', namespace },
    spec: {
      selector: { matchLabels: { a: 'b' } },
      template: {
        metadata: { labels: { a: 'b' } },
        spec: { automountServiceAccountToken: false, containers: [{ ...good, ...container }], ...pod },
      },
    },
  };
}

/** What the check reports on these objects: its verdict, and every place by its rule. */
async function check(objects: readonly unknown[], properties?: PolicyCheckProperties) {
  const found: Record<string, readonly string[]> = {};
  let verdict = 'none';
  await new PolicyCheck(properties).validate({
    manifests: ['m.yaml'],
    parseManifest: () => [...objects],
    report: {
      addViolation: ({ ruleName, violatingResources }) => {
        found[ruleName] = violatingResources.flatMap(({ locations }) => locations);
      },
      submit: (status) => (verdict = status),
    },
  });
  return { verdict, found };
}

describe('PolicyCheck', () => {
  it('passes what keeps the rules, and files that are no manifests', async () => {
    expect(await check([deployment(), { services: {} }, null])).toEqual({ verdict: 'success', found: {} });
  });

  it.each([
    [
      'no-null-values',
      deployment({ resources: { limits: { cpu: '1', memory: '1Mi', gpu: null } } }),
      'spec/template/spec/containers/0/resources/limits/gpu',
    ],
    ['pinned-images', deployment({ image: 'x:latest' }), 'containers/c: image x:latest'],
    ['pinned-images', deployment({ image: 'registry:5000/x' }), 'containers/c: image registry:5000/x'],
    ['restricted-pods', deployment({}, { hostNetwork: true }), 'hostNetwork'],
    [
      'restricted-pods',
      deployment({}, { volumes: [{ name: 'v', hostPath: { path: '/' } }] }),
      'volume v: hostPath',
    ],
    [
      'restricted-pods',
      deployment({ securityContext: { ...restricted, capabilities: { drop: ['ALL'], add: ['SYS_ADMIN'] } } }),
      'containers/c: capabilities.add has SYS_ADMIN',
    ],
    [
      'restricted-pods',
      deployment({ securityContext: { ...restricted, runAsUser: 0 } }),
      'containers/c: runAsUser is not a number above 0',
    ],
    [
      'resource-limits',
      deployment({ resources: { limits: { cpu: '1' } } }),
      'containers/c: no limit of memory',
    ],
    ['health-probes', deployment({ livenessProbe: undefined }), 'containers/c: no livenessProbe'],
    [
      'no-literal-secrets',
      deployment({ env: [{ name: 'DB_PASSWORD', value: 'x' }] }),
      'containers/c: environment variable DB_PASSWORD',
    ],
    [
      'no-literal-secrets',
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, stringData: { a: 'b' } },
      'stringData',
    ],
  ])('finds what breaks %s', async (rule, object, location) => {
    const { verdict, found } = await check([object]);
    expect(verdict).toBe('failure');
    expect(found).toEqual({ [rule]: [`${(object as { kind: string }).kind}: ${location}`] });
  });

  it('finds selectors that select something else', async () => {
    const object = deployment() as { spec: { selector: object } };
    object.spec.selector = { matchLabels: { a: 'c' } };
    expect((await check([object])).found).toEqual({
      'selectors-match': ['Deployment: spec/selector: a=c is not a label of the pods'],
    });
  });

  it('lets pods look at their node in namespaces that say so', async () => {
    const agent = deployment({}, { hostNetwork: true }, 'nodes');
    const labels = { 'pod-security.kubernetes.io/enforce': 'privileged' };
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'nodes', labels } };
    expect((await check([agent])).verdict).toBe('failure');
    expect((await check([agent, namespace])).verdict).toBe('success');
    expect((await check([agent], { privilegedNamespaces: ['nodes'] })).verdict).toBe('success');
  });

  it('leaves rules out by name', async () => {
    expect((await check([deployment({ image: 'x' })], { except: ['pinned-images'] })).verdict).toBe(
      'success',
    );
  });

  it('says of every rule why, and how to keep it', () => {
    for (const { recommendation, fix } of POLICY_RULES)
      expect(Math.min(recommendation.length, fix.length)).toBeGreaterThan(20);
  });
});
