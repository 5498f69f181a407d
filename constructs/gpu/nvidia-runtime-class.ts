import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { kubeObject } from '../private/kube-object';

/**
 * The RuntimeClass `nvidia`, for clusters whose nodes have NVIDIA's container runtime beside the default one.
 *
 * @example
 * const { name } = new NvidiaRuntimeClass(chart, 'nvidia');
 * new DcgmExporter(agents, 'dcgm', { runtimeClass: name });
 */
export class NvidiaRuntimeClass extends Construct {
  /** Name for the property `runtimeClass` of {@link Gpu}, {@link GpuDevicePlugin} and {@link DcgmExporter}. */
  readonly name = 'nvidia';

  constructor(scope: Construct, id: string) {
    super(scope, id);
    kubeObject(
      this,
      'Resource',
      k8s.KubeRuntimeClass.manifest({ metadata: { name: this.name }, handler: 'nvidia' }),
      { clusterScoped: true },
    );
  }
}
