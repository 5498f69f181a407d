import { type ServiceDefinition } from '@grpc/grpc-js';
import { type CallGate } from '../access/call-gate';
import { type PipelineHost } from '../serving/pipeline-host';
import { type CallOpener } from './calls/direct-call';
import { type InferenceStreams } from './stream/inference-streams';

/** What a gRPC service opens on. */
export interface GrpcHost {
  readonly host: PipelineHost;
  readonly gate: CallGate;
  /** For services whose methods are streams of requests. */
  readonly streams: InferenceStreams;
}

/** A service on the gRPC port. */
export interface OpenedGrpcService {
  /** Its file in `runtime/grpc/proto`, for server reflection. */
  readonly proto: string;
  readonly methods: ServiceDefinition;
  /** What takes the calls of each method, by the method's path. */
  readonly openers: ReadonlyMap<string, CallOpener>;
}

/** What the server opens when it is made. */
export interface GrpcService {
  open(host: GrpcHost): OpenedGrpcService;
}
