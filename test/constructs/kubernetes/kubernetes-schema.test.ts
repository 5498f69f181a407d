import { KubernetesSchema } from './kubernetes-schema';

describe('the schema of Kubernetes 1.27', () => {
  const schema = new KubernetesSchema();
  const pod = (spec: object) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec });

  it('accepts a pod', () => {
    const container = {
      name: 'c',
      image: 'x:1',
      resources: { limits: { cpu: '1' } },
      ports: [{ containerPort: 1 }],
    };
    expect(schema.problems(pod({ containers: [container] }))).toEqual([]);
  });

  it('refuses an unknown field, however deep', () => {
    const container = { name: 'c', lifecycle: { preStop: { sleep: { seconds: 1 } } } };
    expect(schema.problems(pod({ containers: [container] }))).toEqual([
      expect.stringContaining(
        '/spec/containers/0/lifecycle/preStop must NOT have additional properties {"additionalProperty":"sleep"}',
      ),
    ]);
  });

  it('refuses a null, a wrong type and a missing field', () => {
    expect(
      schema.problems(pod({ containers: [{ image: 'x:1', ports: [{ containerPort: null }], tty: 'yes' }] })),
    ).toHaveLength(3);
  });

  it('knows the spelling of Kubernetes where TypeScript has another', () => {
    expect(schema.problems(pod({ containers: [], hostPID: true }))).toEqual([]);
    expect(schema.problems(pod({ containers: [], hostPid: true }))).toHaveLength(1);
  });

  it('says nothing of kinds that are not its own', () => {
    expect(schema.problems({ apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject' })).toBeUndefined();
  });
});
