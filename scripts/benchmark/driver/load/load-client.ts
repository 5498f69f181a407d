import {
  type Connection,
  type ConnectionListener,
  type RequestFailure,
  type StreamEnd,
} from '../connection/connection';
import { FlightQueue } from '../measure/flight-queue';
import { type LoadRecord, Tally } from '../measure/load-record';

export interface LoadClientListener {
  /** `count` answers have come together. */
  answered(client: LoadClient, count: number): void;
  /** The stream has ended unasked; requests in flight count as failed or lost. */
  ended(client: LoadClient, end: StreamEnd): void;
}

/** One client of the load: its connection and what is in flight on it. */
export class LoadClient implements ConnectionListener {
  private connection: Connection | undefined;
  private readonly flights = new FlightQueue();
  private readonly tally = new Tally();
  private record: LoadRecord | undefined;
  private answers = 0;

  constructor(
    readonly index: number,
    private readonly listener: LoadClientListener,
  ) {}

  get inFlight(): number {
    return this.flights.length;
  }

  use(connection: Connection): void {
    this.connection = connection;
  }

  writeTo(record: LoadRecord): void {
    this.record = record;
    record.clients.set(this.index, this.tally);
  }

  /** @param isScheduled false in a closed loop, where the previous answer made it due */
  send(request: number, dueMs: number, nowMs: number, isScheduled: boolean): void {
    this.record?.onDue(dueMs, isScheduled ? nowMs - dueMs : null);
    if (this.connection === undefined) return;
    this.flights.push(dueMs, request);
    this.connection.add(request);
  }

  flush(): void {
    this.connection?.flush();
  }

  sent(count: number, nowMs: number): void {
    for (let index = 0; index < count; index++) this.record?.onSent(this.flights.markSent(nowMs));
  }

  answered(nowMs: number, id: number, failure: RequestFailure | undefined): void {
    const { flights } = this;
    // An answer without a request.
    if (!flights.isOldestSent) return;
    const dueMs = flights.oldestDueMs;
    const sentMs = flights.oldestSentMs;
    const isExpected = flights.oldestRequest === id;
    flights.shift();
    this.answers += 1;
    if (failure === undefined) {
      this.record?.onAnswer(this.tally, nowMs, dueMs, sentMs, isExpected);
    } else this.record?.onFailure(this.tally, dueMs, failure);
  }

  delivered(): void {
    const { answers } = this;
    this.answers = 0;
    if (answers > 0) this.listener.answered(this, answers);
  }

  ended(end: StreamEnd): void {
    this.connection = undefined;
    // A status answers what is in flight; a broken connection leaves it unanswered.
    for (; this.flights.length > 0; this.flights.shift()) {
      if (end.status !== undefined && this.flights.isOldestSent) {
        this.record?.onFailure(this.tally, this.flights.oldestDueMs, end.status);
      }
    }
    this.listener.ended(this, end);
  }

  async finish(timeoutMs: number): Promise<void> {
    await this.connection?.finish(timeoutMs);
    this.connection = undefined;
  }

  destroy(): void {
    this.connection?.destroy();
    this.connection = undefined;
  }
}
