import { type IConstruct } from 'constructs';
import { type IConnectable } from '../network/connections';

/** Inference servers behind a balancer. */
export interface IInferenceBackend extends IConstruct, IConnectable {
  /** Name of the Service. */
  readonly serviceName: string;
  /** Name that resolves to the addresses of all ready pods. */
  readonly headlessHost: string;
  /** Port of the pods. */
  readonly grpcPort: number;
  /** Port of the Service. @default - that of the pods */
  readonly servicePort?: number;
  /** Whether its port accepts TLS only. */
  readonly speaksTls?: boolean;
}
