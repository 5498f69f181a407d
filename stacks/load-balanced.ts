import { Chart } from 'cdk8s';
import { type Construct } from 'constructs';
import {
  Balancing,
  ComponentRepository,
  EnvoyLoadBalancer,
  InferenceServer,
  MongoDb,
  Monitoring,
  Peer,
  StackNamespace,
} from '../constructs';
import { pipelinesFor, serverGpu, type StackEnvironment } from './environments';
import { addNodeAgents } from './node-agents';
import { type StackProps } from './stack-props';

/** Several inference servers behind Envoy, which chooses one for each stream; as many as the load needs, and all of it watched. */
export class LoadBalancedStack extends Chart {
  constructor(scope: Construct, id: string, { pipelines, environment }: StackProps) {
    super(scope, id);
    const namespace = new StackNamespace(this, 'namespace', { name: id });
    const repository = new ComponentRepository(namespace, 'repository', {
      store: database(namespace, environment),
      resources: environment.repository,
    });
    const server = new InferenceServer(namespace, 'inference', {
      pipelines: pipelinesFor(environment, pipelines),
      repository,
      replicas: environment.replicas,
      resources: environment.server,
      gpu: serverGpu(environment),
      // Clients come through Envoy alone.
      callers: [],
    });
    const envoy = new EnvoyLoadBalancer(namespace, 'envoy', {
      backend: server,
      // As in the published experiments.
      balancing: Balancing.roundRobin(),
      replicas: environment.balancers,
      resources: environment.balancer,
      exposure: environment.balancerExposure,
      callers: [Peer.anywhere()],
    });
    new Monitoring(namespace, 'monitoring', {
      targets: [server, envoy, repository],
      ...addNodeAgents(this, `${id}-nodes`, environment),
      resources: environment.prometheus,
      storage: environment.prometheusStorage,
    });
  }
}

function database(scope: Construct, environment: StackEnvironment): MongoDb {
  const props = { resources: environment.database, storage: environment.databaseSize };
  if (environment.databaseMembers === 1) return MongoDb.single(scope, 'mongo', props);
  return MongoDb.replicaSet(scope, 'mongo', { ...props, members: environment.databaseMembers });
}
