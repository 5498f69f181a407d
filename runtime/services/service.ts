import { type ServiceName } from '../../contracts/names/services';
import { type Accepts } from '../definition/service-formats';
import { type GrpcHost, type OpenedGrpcService } from '../grpc/grpc-service';

/**
 * A front door: turns what a client sends into named tensors, hands them to the host's exchange, and turns the answer back.
 * All doors share pipelines, admission, batching, access, metrics, traces and drain.
 */
export interface Service {
  readonly name: ServiceName;
  /** Which of the server's ports it is reached on. */
  readonly transport: 'grpc';
  /** What keeps a pipeline from being served over it. */
  readonly accepts: Accepts;
  /** Opens it on a server, before that listens. */
  open(host: GrpcHost): OpenedGrpcService;
}
