import { Chart } from 'cdk8s';
import { type Construct } from 'constructs';
import {
  ComponentRepository,
  InferenceServer,
  MongoDb,
  Monitoring,
  Peer,
  StackNamespace,
} from '../constructs';
import { pipelinesFor, serverGpu } from './environments';
import { addNodeAgents } from './node-agents';
import { type StackProps } from './stack-props';

/** One inference server behind a Service, its components from a repository on MongoDB, all of it watched. */
export class SinglePodStack extends Chart {
  constructor(scope: Construct, id: string, { pipelines, environment }: StackProps) {
    super(scope, id);
    const namespace = new StackNamespace(this, 'namespace', { name: id });
    const repository = new ComponentRepository(namespace, 'repository', {
      store: MongoDb.single(namespace, 'mongo', {
        resources: environment.database,
        storage: environment.databaseSize,
      }),
      resources: environment.repository,
    });
    const server = new InferenceServer(namespace, 'inference', {
      pipelines: pipelinesFor(environment, pipelines),
      repository,
      resources: environment.server,
      exposure: environment.serverExposure,
      gpu: serverGpu(environment),
      callers: [Peer.anywhere()],
    });
    new Monitoring(namespace, 'monitoring', {
      targets: [server, repository],
      ...addNodeAgents(this, `${id}-nodes`, environment),
      resources: environment.prometheus,
      storage: environment.prometheusStorage,
    });
  }
}
