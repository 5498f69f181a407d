import { Chart, App, Testing } from 'cdk8s';
import { parse } from 'yaml';
import * as mis from '../../../constructs';
import { at, find, synthesize, type Synthesized } from '../../fixtures/synthesize';

const plugin = (props: mis.GpuDevicePluginProps) =>
  synthesize((_ml, chart) => {
    const agents = new mis.StackNamespace(chart, 'agents', { podSecurity: mis.PodSecurity.PRIVILEGED });
    new mis.GpuDevicePlugin(agents, 'gpu', props);
  });
const config = (objects: Synthesized[], name = 'default') =>
  parse(
    (at(find(objects, 'ConfigMap', 'gpu-config'), 'data') as Record<string, string>)[name] ?? '',
  ) as unknown;

describe('GpuSharing', () => {
  it.each([
    [mis.GpuSharing.timeSlicing({ replicas: 4 }), 'nvidia.com/gpu', 'gpu-sliced-4'],
    [mis.GpuSharing.timeSlicing({ replicas: 4, renamed: true }), 'nvidia.com/gpu.shared', 'gpu-sliced-4'],
    [mis.GpuSharing.mps({ replicas: 2 }), 'nvidia.com/gpu', 'gpu-mps-2'],
    [mis.GpuSharing.mig('1g.10gb'), 'nvidia.com/mig-1g.10gb', 'mig-1g.10gb'],
    [
      mis.GpuSharing.mig('1g.10gb', { sharing: mis.GpuSharing.timeSlicing({ replicas: 3, renamed: true }) }),
      'nvidia.com/mig-1g.10gb.shared',
      'mig-1g.10gb-sliced-3',
    ],
  ])('%s is asked for as %s', (sharing, resource, name) => {
    expect({ resource: sharing.resource, name: sharing.configName }).toEqual({ resource, name });
  });
});

describe('GpuDevicePlugin', () => {
  it('divides by time-slicing, and refuses pods that want two shares', () => {
    expect(config(plugin({ sharing: mis.GpuSharing.timeSlicing({ replicas: 4 }) }))).toEqual({
      version: 'v1',
      flags: { migStrategy: 'none' },
      sharing: {
        timeSlicing: {
          renameByDefault: false,
          failRequestsGreaterThanOne: true,
          resources: [{ name: 'nvidia.com/gpu', replicas: 4 }],
        },
      },
    });
  });

  it('offers slices by their profile, each shared if so wished', () => {
    const sharing = mis.GpuSharing.mig('1g.10gb', { sharing: mis.GpuSharing.timeSlicing({ replicas: 2 }) });
    expect(config(plugin({ sharing }))).toMatchObject({
      flags: { migStrategy: 'mixed' },
      sharing: { timeSlicing: { resources: [{ name: 'nvidia.com/mig-1g.10gb', replicas: 2 }] } },
    });
    const container = at(find(plugin({ sharing }), 'DaemonSet', 'gpu'), 'spec.template.spec.containers.0');
    expect(at(container, 'env')).toContainEqual({ name: 'NVIDIA_MIG_MONITOR_DEVICES', value: 'all' });
    expect(at(container, 'securityContext.capabilities.add')).toEqual(['SYS_ADMIN']);
  });

  it('runs a daemon of its own for MPS, and shares memory with it', () => {
    const objects = plugin({ sharing: mis.GpuSharing.mps({ replicas: 2 }) });
    expect(at(find(objects, 'DaemonSet', 'gpu-mps'), 'spec.template.spec')).toMatchObject({
      hostPID: true,
      nodeSelector: { 'nvidia.com/mps.capable': 'true' },
    });
    expect(
      at(find(objects, 'DaemonSet', 'gpu'), 'spec.template.spec.containers.0.volumeMounts'),
    ).toContainEqual({ name: 'mps-shm', mountPath: '/dev/shm' });
    expect(plugin({}).filter(({ metadata }) => metadata.name === 'gpu-mps')).toEqual([]);
  });

  it('reads nodes’ labels only where nodes choose for themselves', () => {
    const labelled = plugin({ perNode: [mis.GpuSharing.timeSlicing({ replicas: 2 })] });
    const spec = at(find(labelled, 'DaemonSet', 'gpu'), 'spec.template.spec');
    expect(spec).toMatchObject({
      shareProcessNamespace: true,
      serviceAccountName: 'gpu',
      automountServiceAccountToken: true,
    });
    expect(at(find(labelled, 'ClusterRoleBinding', 'agents-gpu'), 'subjects')).toEqual([
      { kind: 'ServiceAccount', name: 'gpu', namespace: 'agents' },
    ]);
    expect(config(labelled, 'gpu-sliced-2')).toBeTruthy();
    const alike = plugin({});
    expect(at(find(alike, 'DaemonSet', 'gpu'), 'spec.template.spec.automountServiceAccountToken')).toBe(
      false,
    );
    expect(alike.filter(({ kind }) => kind.startsWith('ClusterRole'))).toEqual([]);
  });

  it('starts anew when its configuration changes, which it would not notice', () => {
    const annotations = (replicas: number) =>
      at(
        find(plugin({ sharing: mis.GpuSharing.timeSlicing({ replicas }) }), 'DaemonSet', 'gpu'),
        'spec.template.metadata.annotations',
      );
    expect(annotations(2)).not.toEqual(annotations(3));
  });
});

describe('GpuOperatorSharing', () => {
  it('points the operator at the configurations, and touches nothing else of its policy', () => {
    const chart = new Chart(new App(), 'gpu', { namespace: 'gpu-operator' });
    const sharing = mis.GpuSharing.timeSlicing({ replicas: 4 });
    new mis.GpuOperatorSharing(chart, 'sharing', { sharing });
    const objects = Testing.synth(chart) as Synthesized[];
    expect(find(objects, 'ClusterPolicy', 'cluster-policy')).toEqual({
      apiVersion: 'nvidia.com/v1',
      kind: 'ClusterPolicy',
      metadata: { name: 'cluster-policy' },
      spec: { devicePlugin: { config: { name: 'sharing-config', default: 'gpu-sliced-4' } } },
    });
    expect(find(objects, 'ConfigMap', 'sharing-config').metadata.namespace).toBe('gpu-operator');
  });
});

describe('DcgmExporter', () => {
  const exporter = (props: mis.DcgmExporterProps) =>
    find(
      synthesize((_ml, chart) => {
        const agents = new mis.StackNamespace(chart, 'agents', { podSecurity: mis.PodSecurity.PRIVILEGED });
        new mis.DcgmExporter(agents, 'dcgm', props);
      }),
      'DaemonSet',
      'dcgm',
    );
  const names = (props: mis.DcgmExporterProps) =>
    (at(exporter(props), 'spec.template.spec.containers.0.env') as { name: string; value?: string }[]).map(
      ({ name, value }) => `${name}=${value}`,
    );

  it('tells shares apart, and knows them by their other name', () => {
    const sharings = [mis.GpuSharing.timeSlicing({ replicas: 4, renamed: true })];
    expect(names({ sharings })).toEqual(
      expect.arrayContaining(['KUBERNETES_VIRTUAL_GPUS=true', 'NVIDIA_RESOURCE_NAMES=nvidia.com/gpu.shared']),
    );
    expect(names({}).join()).not.toContain('VIRTUAL');
  });

  it('is of the release whose metrics the rules know', () => {
    expect(at(exporter({}), 'spec.template.spec.containers.0.image')).toBe(
      'nvcr.io/nvidia/k8s/dcgm-exporter:4.5.3-4.8.2-distroless',
    );
  });

  it('gives up its right to look deeper', () => {
    expect(
      at(exporter({ profiling: false }), 'spec.template.spec.containers.0.securityContext.capabilities'),
    ).toEqual({ drop: ['ALL'] });
  });
});
