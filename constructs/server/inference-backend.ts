import { type IConstruct } from 'constructs';
import { type IConnectable } from '../network/connections';

/** Inference servers that a balancer sends streams to. */
export interface IInferenceBackend extends IConstruct, IConnectable {
  /** Name of the Service. */
  readonly serviceName: string;
  /** Name that resolves to the addresses of all ready pods. */
  readonly headlessHost: string;
  readonly grpcPort: number;
  /** Whether its port is for TLS only. */
  readonly speaksTls?: boolean;
}
