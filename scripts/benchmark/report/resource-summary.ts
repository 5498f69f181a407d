import { type Measurement, type ResourceUse } from '../../../contracts/benchmark/run-results';

/** Resources of a deployment during a measurement, over its scraped targets; null where none exposes them. */
export interface ResourceSummary {
  /** Mean CPU cores of the inference servers together. */
  readonly serverCores: number | null;
  /** Mean CPU cores of the load balancer. */
  readonly balancerCores: number | null;
  /** Server CPU for one answer, in milliseconds. */
  readonly cpuMsPerAnswer: number | null;
  /** Received and sent: of the host if it is scraped, else of the processes together. */
  readonly networkBytesPerSecond: number | null;
  readonly memoryBytes: number | null;
  /** Rows that the model ran at once, the mean over the servers. */
  readonly meanBatchSize: number | null;
  readonly gpuUtilization: number | null;
}

type Role = 'server' | 'balancer' | 'host' | 'gpu';

export function summarizeResources({ resources, answersPerSecond }: Measurement): ResourceSummary {
  const of = (role: Role): ResourceUse[] => resources.filter(({ target }) => roleOf(target) === role);
  const servers = of('server');
  const serverCores = sum(servers.map(({ cpuCores }) => cpuCores));
  const network = (uses: readonly ResourceUse[]): number | null =>
    sum(uses.flatMap((use) => [use.receivedBytesPerSecond, use.sentBytesPerSecond]));
  return {
    serverCores,
    balancerCores: sum(of('balancer').map(({ cpuCores }) => cpuCores)),
    cpuMsPerAnswer:
      serverCores === null || answersPerSecond <= 0 ? null : (serverCores * 1000) / answersPerSecond,
    networkBytesPerSecond: network(of('host')) ?? network([...servers, ...of('balancer')]),
    memoryBytes: sum(servers.map(({ memoryBytes }) => memoryBytes)),
    meanBatchSize: mean(servers.map(({ meanBatchSize }) => meanBatchSize)),
    gpuUtilization: mean(resources.map(({ gpuUtilization }) => gpuUtilization)),
  };
}

/** Exporters and balancers are known by their names; all other targets are servers. */
function roleOf(target: string): Role {
  if (/^node-exporter/.test(target)) return 'host';
  if (/^dcgm/.test(target)) return 'gpu';
  return /^(envoy|edge)/.test(target) ? 'balancer' : 'server';
}

function known(values: readonly (number | null)[]): number[] {
  return values.filter((value) => value !== null);
}

function sum(values: readonly (number | null)[]): number | null {
  const numbers = known(values);
  return numbers.length === 0 ? null : numbers.reduce((total, value) => total + value, 0);
}

function mean(values: readonly (number | null)[]): number | null {
  const total = sum(values);
  return total === null ? null : total / known(values).length;
}
