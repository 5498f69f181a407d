import {
  connectivityState,
  status,
  type Client,
  type ClientDuplexStream,
  type Metadata,
  type StatusObject,
} from '@grpc/grpc-js';
import { type DecodedRequest } from '../grpc/stream/decoded-request';
import { CallError } from './call-error';
import { type ServiceClient } from './service-client';

/** What a call tells its owner. Nothing is told after `ended`. */
export interface PredictCallListener {
  /** Connected: requests may be written. */
  opened(): void;
  answered(response: unknown): void;
  /** May write again after `write` returned false. */
  drained(): void;
  /** Over, with all answers delivered; `undefined` when the server ended it with OK. */
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
    // The status comes in full by the event of that name, which follows.
    this.stream.on('error', () => undefined);
    this.stream.on('status', (final) => this.endWhenRead(final));
    this.stream.on('end', () => {
      this.readEnded = true;
      this.endWhenRead(this.status);
    });
    // Without a connection the call fails by itself as soon as an attempt to connect has: with its reason.
    this.timeout = new CallError('UNAVAILABLE', `no connection within ${connectTimeoutMs} ms`);
    const deadline = Date.now() + connectTimeoutMs;
    process.nextTick(() => this.awaitConnection(channel.getChannel(), deadline));
  }

  get isOpen(): boolean {
    return this.connected && !this.over;
  }

  /** `onFlushed` is called once the request has left. Returns false when no more should be written before `drained`. */
  write(request: unknown, onFlushed: () => void): boolean {
    return this.stream.write(request, (error?: Error | null) => {
      if (!error) onFlushed();
    });
  }

  /** No more requests; the server ends the call when it has answered. */
  finish(): void {
    this.stream.end();
  }

  /** Gives the call up without a word to its owner. */
  cancel(): void {
    this.over = true;
    this.stream.cancel();
  }

  /** `Client.waitForReady` would go on, and connect anew, when the channel has been closed meanwhile. */
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

  /** Answers may still wait in the stream when its status comes. */
  private endWhenRead(
    final: (Partial<StatusObject> & Pick<StatusObject, 'code' | 'details'>) | undefined,
  ): void {
    this.status = final;
    if (this.over || final === undefined || !this.readEnded) return;
    this.over = true;
    this.listener.ended(final.code === status.OK ? undefined : CallError.fromStatus(final), final.metadata);
  }
}
