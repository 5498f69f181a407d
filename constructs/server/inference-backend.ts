import { type IConnectable } from '../network/connections';

/** Inference servers behind a balancer. Implement it for servers that this package did not create. */
export interface IInferenceBackend extends Partial<IConnectable> {
  /** Name of the Service. */
  readonly serviceName: string;
  /**
   * Host of the Service.
   *
   * @default - `serviceName`, which resolves in its own namespace
   */
  readonly host?: string;
  /** Name that resolves to the addresses of all ready pods. */
  readonly headlessHost: string;
  /** Port of the pods. */
  readonly grpcPort: number;
  /** Port of the Service. @default - that of the pods */
  readonly servicePort?: number;
  /** Whether its port accepts TLS only. @default false */
  readonly speaksTls?: boolean;
}
