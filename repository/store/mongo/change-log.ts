import { EventEmitter } from 'node:events';
import { type ChangeStream, type Collection, type Db } from 'mongodb';
import { type Change } from '../../../contracts/repository/change';
import { type ChangePage } from '../component-store';
import { type ChangeDocument } from './documents';
import { isAlreadyThere, isDuplicate } from './mongo-errors';

export interface ChangeLogOptions {
  readonly keptChanges: number;
  /** Milliseconds between two looks at the log where the database does not tell of changes by itself. */
  readonly pollMs: number;
}

/** Looks that are made even so, in case the database stopped telling. */
const POLLS_PER_REMINDER = 10;
const PRUNE_EVERY = 100;

/**
 * Changes with sequences that have no gaps: each is one above the last that was there, and the second of two writers tries
 * again. A reader that has seen one sequence can therefore see all before it.
 */
export class ChangeLog {
  private readonly collection: Collection<ChangeDocument>;
  private readonly changed = new EventEmitter().setMaxListeners(0);
  private stream: ChangeStream<ChangeDocument> | undefined;
  private poller: NodeJS.Timeout | undefined;
  private seen = 0;
  private looks = 0;

  constructor(
    private readonly db: Db,
    private readonly options: ChangeLogOptions,
  ) {
    this.collection = db.collection<ChangeDocument>('changes');
  }

  async createCollection(): Promise<void> {
    await this.db.createCollection(this.collection.collectionName).catch((error: unknown) => {
      if (!isAlreadyThere(error)) throw error;
    });
  }

  async append(change: Omit<Change, 'sequence'>): Promise<void> {
    for (;;) {
      const sequence = (await this.last()) + 1;
      try {
        await this.collection.insertOne({ _id: sequence, ...change });
      } catch (error) {
        if (isDuplicate(error)) continue;
        throw error;
      }
      this.changed.emit('change');
      if (sequence % PRUNE_EVERY === 0) {
        await this.collection.deleteMany({ _id: { $lte: sequence - this.options.keptChanges } });
      }
      return;
    }
  }

  async page(after: number, limit: number): Promise<ChangePage> {
    const [documents, oldest, last] = await Promise.all([
      this.collection
        .find({ _id: { $gt: after } })
        .sort({ _id: 1 })
        .limit(limit)
        .toArray(),
      this.collection.find().sort({ _id: 1 }).limit(1).next(),
      this.last(),
    ]);
    const changes = documents.map(({ _id, ...change }) => ({ sequence: _id, ...change }));
    // read at the same time, so the log may have grown past what was last when it was asked
    const newest = Math.max(last, changes.at(-1)?.sequence ?? 0);
    return { changes, oldest: oldest?._id ?? newest + 1, last: newest };
  }

  watch(listener: () => void): () => void {
    this.changed.on('change', listener);
    this.poller ??= setInterval(() => void this.look(), this.options.pollMs).unref();
    void this.listen();
    return () => {
      this.changed.off('change', listener);
      if (this.changed.listenerCount('change') === 0) void this.close();
    };
  }

  async close(): Promise<void> {
    clearInterval(this.poller);
    this.poller = undefined;
    const { stream } = this;
    this.stream = undefined;
    await stream?.close().catch(() => undefined);
  }

  private async last(): Promise<number> {
    const newest = await this.collection.find().sort({ _id: -1 }).limit(1).next();
    return newest?._id ?? 0;
  }

  /** Where the database is a replica set, it tells of changes by itself. */
  private async listen(): Promise<void> {
    if (this.stream) return;
    const hello = (await this.db.command({ hello: 1 }).catch(() => undefined)) as
      { setName?: string; msg?: string } | undefined;
    const tells = hello?.setName !== undefined || hello?.msg === 'isdbgrid';
    // both asked for only now: while the database answered, somebody else may have begun or all may have left
    if (!tells || this.stream !== undefined || this.poller === undefined) return;
    const stream = this.collection.watch([{ $match: { operationType: 'insert' } }]);
    this.stream = stream;
    stream.on('change', () => this.changed.emit('change'));
    stream.on('error', () => {
      if (this.stream === stream) this.stream = undefined;
      void stream.close().catch(() => undefined);
    });
  }

  private async look(): Promise<void> {
    this.looks += 1;
    if (this.stream && this.looks % POLLS_PER_REMINDER !== 0) return;
    const last = await this.last().catch(() => undefined);
    if (last === undefined) return;
    if (last > this.seen) this.changed.emit('change');
    this.seen = last;
    await this.listen();
  }
}
