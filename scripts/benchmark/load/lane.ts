import {
  type Connection,
  type ConnectionListener,
  type RequestFailure,
  type StreamEnd,
} from '../connection/connection';
import { ClientRecord } from '../measure/client-record';
import { FlightQueue } from '../measure/flight-queue';
import { type LoadRecord } from '../measure/load-record';

/** What a lane tells the load. */
export interface LaneListener {
  /** So many answers have come together. */
  answered(lane: Lane, count: number): void;
  /** The stream has ended without being asked to; requests in flight are counted as failed or lost. */
  ended(lane: Lane, end: StreamEnd): void;
}

/** One client of the load: its connection and what is in flight on it. */
export class Lane implements ConnectionListener {
  private connection: Connection | undefined;
  private readonly flights = new FlightQueue();
  private readonly client: ClientRecord;
  private record: LoadRecord | undefined;
  private answers = 0;

  constructor(
    readonly index: number,
    private readonly listener: LaneListener,
  ) {
    this.client = new ClientRecord(index);
  }

  get inFlight(): number {
    return this.flights.length;
  }

  /** Sends on this connection, which is open, from now on. */
  use(connection: Connection): void {
    this.connection = connection;
  }

  /** From now on what happens is written down there. */
  writeTo(record: LoadRecord): void {
    this.record = record;
    record.clients.set(this.index, this.client);
  }

  /** @param isScheduled whether a schedule says when it was due; else an answer did, just now */
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
    // An answer that nothing was asked for has no place.
    if (!flights.isOldestSent) return;
    const dueMs = flights.oldestDueMs;
    const sentMs = flights.oldestSentMs;
    const isExpected = flights.oldestRequest === id;
    flights.shift();
    this.answers += 1;
    if (failure === undefined) {
      this.record?.onAnswer(this.client, nowMs, dueMs, sentMs, isExpected);
    } else this.record?.onFailure(this.client, dueMs, failure);
  }

  delivered(): void {
    const { answers } = this;
    this.answers = 0;
    if (answers > 0) this.listener.answered(this, answers);
  }

  ended(end: StreamEnd): void {
    this.connection = undefined;
    // A status answers what is in flight; a broken connection leaves it without an answer.
    for (; this.flights.length > 0; this.flights.shift()) {
      if (end.status !== undefined && this.flights.isOldestSent) {
        this.record?.onFailure(this.client, this.flights.oldestDueMs, end.status);
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
