import { type Construct } from 'constructs';
import { GpuDevicePlugin, PodSecurity, StackNamespace, type DcgmExporterProps } from '../constructs';
import { type StackEnvironment } from './environments';

/** The namespace of what looks at the nodes, with the device plugin where there are GPUs. */
export function addNodeAgents(
  scope: Construct,
  name: string,
  { gpu }: StackEnvironment,
): { readonly nodeAgents: StackNamespace; readonly gpu?: DcgmExporterProps } {
  const nodeAgents = new StackNamespace(scope, 'nodes', { name, podSecurity: PodSecurity.PRIVILEGED });
  if (gpu === undefined) return { nodeAgents };
  new GpuDevicePlugin(nodeAgents, 'gpu', { sharing: gpu.sharing });
  return { nodeAgents, gpu: { sharings: gpu.sharing ? [gpu.sharing] : [] } };
}
