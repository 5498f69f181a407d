import { ApiObject, App, Chart, Size, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
import * as mis from '../../constructs';
import { fallDetection } from '../../stacks/pipelines/fall-detection/pipeline';
import { find, synthesize, type Synthesized } from '../fixtures/synthesize';

const pipelines = [fallDetection];
const components = mis.ComponentSource.volume('models');
const names = (objects: readonly Synthesized[]) =>
  objects.map(({ kind, metadata: { name, namespace } }) => `${kind} ${namespace ?? '-'}/${name}`);

describe('own objects below a StackNamespace', () => {
  it('are in its namespace, after it in the file', () => {
    const objects = synthesize((ml) => {
      new kplus.Secret(ml, 'tokens', { metadata: { name: 'tokens' } });
      new kplus.PersistentVolumeClaim(ml, 'models', {
        metadata: { name: 'models' },
        storage: Size.gibibytes(5),
        accessModes: [kplus.PersistentVolumeAccessMode.READ_ONLY_MANY],
      });
      const certificate = {
        apiVersion: 'cert-manager.io/v1',
        kind: 'Certificate',
        metadata: { name: 'server' },
      };
      new ApiObject(ml, 'certificate', certificate);
    });
    expect(names(objects)).toEqual(
      expect.arrayContaining([
        'Secret ml/tokens',
        'PersistentVolumeClaim ml/models',
        'Certificate ml/server',
      ]),
    );
    expect(objects[0]?.kind).toBe('Namespace');
  });

  it('keep the namespace that they name, and have none where their kind has none', () => {
    const objects = synthesize((ml) => {
      new ApiObject(ml, 'a', {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'a', namespace: 'other' },
      });
      new ApiObject(ml, 'b', {
        apiVersion: 'storage.k8s.io/v1',
        kind: 'StorageClass',
        metadata: { name: 'b' },
      });
      new ApiObject(ml, 'c', {
        apiVersion: 'cert-manager.io/v1',
        kind: 'ClusterIssuer',
        metadata: { name: 'c' },
      });
    });
    expect(names(objects)).toEqual(
      expect.arrayContaining(['Secret other/a', 'StorageClass -/b', 'ClusterIssuer -/c']),
    );
  });

  it('are in that of the nearest one', () => {
    const objects = synthesize((ml) => {
      const inner = new mis.StackNamespace(ml, 'inner');
      new ApiObject(inner, 'a', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } });
    });
    expect(names(objects)).toContain('ConfigMap inner/a');
  });
});

describe('an existing namespace', () => {
  it('gets workloads and no objects of its own', () => {
    const chart = new Chart(new App(), 'test');
    const ml = mis.StackNamespace.existing(chart, 'team', { name: 'ml' });
    new mis.InferenceServer(ml, 'fall', { pipelines, components });
    const objects = Testing.synth(chart) as Synthesized[];
    expect(find(objects, 'Deployment', 'fall').metadata.namespace).toBe('ml');
    expect(find(objects, 'NetworkPolicy', 'fall')).toBeDefined();
    expect(objects.map(({ kind }) => kind)).not.toContain('Namespace');
    expect(objects.map(({ metadata: { name } }) => name)).not.toContain('default-deny');
  });

  it('says what its pods may do', () => {
    const build = (podSecurity?: mis.PodSecurity) => {
      const chart = new Chart(new App(), 'test');
      new mis.NodeExporter(mis.StackNamespace.existing(chart, 'nodes', { podSecurity }), 'node-exporter');
      return Testing.synth(chart) as Synthesized[];
    };
    expect(() => build()).toThrow('needs a namespace with podSecurity PodSecurity.PRIVILEGED');
    expect(() => build(mis.PodSecurity.PRIVILEGED)).not.toThrow();
  });
});
