import { InferenceClient, PredictionError, type Inputs } from '../../../../runtime/client';
import { CallError } from '../../../../runtime/client/errors';
import { messageOf } from '../../../../contracts/program/problem';
import { type RequestSet } from '../requests/request-set';
import { type Target } from '../target';
import { type Connection, type ConnectionListener } from './connection';

/**
 * The project's client library as a connection: it encodes every tensor and decodes every answer, as an application does.
 * For conformance; it does not reach high rates.
 */
export class StockConnection implements Connection {
  private readonly client: InferenceClient;
  private batch: number[] = [];
  private over = false;

  /** @throws ConfigurationError when the target cannot be one. */
  constructor(
    target: Target,
    private readonly requests: RequestSet,
    pipeline: string | undefined,
    private readonly listener: ConnectionListener,
  ) {
    this.client = new InferenceClient({
      address: target.address,
      service: requests.service,
      ...(pipeline === undefined ? {} : { pipeline }),
      ...(target.token === undefined ? {} : { metadata: { authorization: `Bearer ${target.token}` } }),
      tls: target.tls ?? false,
      maxInFlight: 1_000_000,
      reconnect: { maxAttempts: 0 },
    });
  }

  /** The library connects with its first prediction. */
  async open(timeoutMs: number): Promise<void> {
    try {
      await this.client.predict(this.requests.inputs[0], { timeoutMs });
    } catch (error) {
      // The server is there; the first request will show the error.
      if (error instanceof PredictionError) return;
      this.destroy();
      throw error;
    }
  }

  add(request: number): void {
    this.batch.push(request);
  }

  flush(): void {
    const { batch } = this;
    this.batch = [];
    for (const request of batch) void this.predict(request, this.requests.inputs[request]);
    if (batch.length > 0) this.listener.sent(batch.length, performance.now());
  }

  finish(): Promise<void> {
    this.destroy();
    return Promise.resolve();
  }

  destroy(): void {
    this.over = true;
    this.client.close();
  }

  private async predict(request: number, inputs: Inputs): Promise<void> {
    try {
      await this.client.predict(inputs);
      this.answered(request, undefined);
    } catch (error) {
      if (error instanceof PredictionError) {
        this.answered(request, { code: error.code, message: error.message });
      } else if (!this.over) {
        this.over = true;
        const status =
          error instanceof CallError && error.code !== 'UNAVAILABLE'
            ? { code: error.code, message: error.message }
            : undefined;
        this.listener.ended({ ...(status && { status }), message: messageOf(error) });
      }
    }
  }

  private answered(request: number, failure: { code: string; message: string } | undefined): void {
    if (this.over) return;
    this.listener.answered(performance.now(), request, failure);
    this.listener.delivered();
  }
}
