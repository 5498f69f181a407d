import {
  connectivityState,
  status,
  type Client,
  type ClientDuplexStream,
  type Metadata,
  type StatusObject,
} from '@grpc/grpc-js';
import { type DecodedRequest } from '../grpc/stream/decoded-request';
import { CallError } from './errors';
import { type ServiceClient } from './service-client';

/** Callbacks of a call; none is called after `ended`. */
export interface PredictCallListener {
  /** Connected: requests may be written. */
  opened(): void;
  answered(response: unknown): void;
  /** May write again after `write` returned false. */
  drained(): void;
  /** The call ended, and all answers were delivered; `error` is undefined if the status is OK. */
  ended(error: CallError | undefined, trailers: Metadata | undefined): void;
}

/** One gRPC call of `predict`, from its connection to its status. Writes nothing before it is connected. */
export class PredictCall {
  private readonly stream: ClientDuplexStream<DecodedRequest<unknown>, unknown>;
  private status: (Partial<StatusObject> & Pick<StatusObject, 'code' | 'details'>) | undefined;
  private readEnded = false;
  private over = false;
  private connected = false;
  private readonly timeout: CallError;

  constructor(
    channel: Client,
    { method }: ServiceClient,
    metadata: Metadata,
    connectTimeoutMs: number,
    deadlineMs: number | undefined,
    private readonly listener: PredictCallListener,
  ) {
    this.stream = channel.makeBidiStreamRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      metadata,
      deadlineMs === undefined ? {} : { deadline: deadlineMs },
    );
    this.stream.on('data', (response: unknown) => {
      if (!this.over) listener.answered(response);
    });
    this.stream.on('drain', () => {
      if (!this.over) listener.drained();
    });
    // The `status` event, which follows, has the full status.
    this.stream.on('error', () => undefined);
    this.stream.on('status', (final) => this.endWhenRead(final));
    this.stream.on('end', () => {
      this.readEnded = true;
      this.endWhenRead(this.status);
    });
    // Without a connection the call fails when its connection attempt does, with that reason.
    this.timeout = new CallError('UNAVAILABLE', `no connection within ${connectTimeoutMs} ms`);
    const deadline = Date.now() + connectTimeoutMs;
    process.nextTick(() => this.awaitConnection(channel.getChannel(), deadline));
  }

  get isOpen(): boolean {
    return this.connected && !this.over;
  }

  /** Calls `onFlushed` when the request has been sent. Returns false if the caller should wait for `drained`. */
  write(request: unknown, onFlushed: () => void): boolean {
    return this.stream.write(request, (error?: Error | null) => {
      if (!error) onFlushed();
    });
  }

  /** No more requests; the server ends the call when it has answered. */
  finish(): void {
    this.stream.end();
  }

  /** Cancels the call; no callback follows. */
  cancel(): void {
    this.over = true;
    this.stream.cancel();
  }

  /** In place of `Client.waitForReady`, which would reconnect a channel that was closed meanwhile. */
  private awaitConnection(channel: ReturnType<Client['getChannel']>, deadline: number, error?: Error): void {
    if (this.over) return;
    if (error !== undefined) {
      this.cancel();
      this.listener.ended(this.timeout, undefined);
      return;
    }
    const state = channel.getConnectivityState(true);
    if (state === connectivityState.READY) {
      this.connected = true;
      this.listener.opened();
    } else {
      channel.watchConnectivityState(state, deadline, (late) =>
        this.awaitConnection(channel, deadline, late),
      );
    }
  }

  /** The status may arrive before the last answers are read. */
  private endWhenRead(
    final: (Partial<StatusObject> & Pick<StatusObject, 'code' | 'details'>) | undefined,
  ): void {
    this.status = final;
    if (this.over || final === undefined || !this.readEnded) return;
    this.over = true;
    this.listener.ended(final.code === status.OK ? undefined : CallError.fromStatus(final), final.metadata);
  }
}
