import { type Metadata, type ServerInterceptingCallInterface } from '@grpc/grpc-js';
import { type Caller } from '../../access/caller';
import { InferenceError } from '../../errors';
import { type Logger } from '../../../contracts/program/logger';
import { SparingLog } from '../../observability/sparing-log';
import { StepTimings } from '../../observability/step-timings';
import { type Tracing } from '../../observability/tracing/tracing';
import { header } from '../calls/header';
import { toStreamId } from '../calls/request-id';
import { StreamContext } from './stream-context';

/** What every stream's context is made with: who is told of streams and their messages. */
export class StreamObserver {
  /** Set before the server listens, where traces are asked for. */
  tracing: Tracing | undefined;
  private readonly slow: SparingLog;

  constructor(
    private readonly log: Logger,
    /** A request that takes longer is logged, in milliseconds. */
    private readonly slowRequestMs = Infinity,
  ) {
    this.slow = new SparingLog((fields) => log.warn(fields, 'slow request'));
  }

  /** @throws InferenceError when the metadata asks for what there is not. */
  open(
    call: ServerInterceptingCallInterface,
    metadata: Metadata,
    pipeline: string,
    service: string,
    caller: Caller | undefined,
  ): StreamContext {
    const stream = toStreamId(header(metadata, 'x-request-id'));
    const timings = wantsTimings(header(metadata, 'x-timings')) ? new StepTimings() : undefined;
    const trace = this.tracing?.stream({
      traceParent: header(metadata, 'traceparent'),
      traceState: header(metadata, 'tracestate'),
      pipeline,
      stream,
      service,
    });
    const context = new StreamContext({ pipeline, stream }, this.log, {
      timings,
      trace,
      slow: this.slow,
      slowRequestMs: this.slowRequestMs,
    });
    if (this.log.isLevelEnabled('debug')) {
      this.log.debug(
        { ...context.fields, service, peer: call.getPeer(), caller: caller?.name },
        'stream opened',
      );
    }
    return context;
  }
}

function wantsTimings(value: string | undefined): boolean {
  if (value === undefined || value === 'off') return false;
  if (value === 'trailers') return true;
  throw new InferenceError('MALFORMED_MESSAGE', `x-timings must be 'trailers' or 'off', got '${value}'`);
}
