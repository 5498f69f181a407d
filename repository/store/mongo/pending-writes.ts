import { type Collection, type Db, type ObjectId } from 'mongodb';
import { RepositoryError } from '../../errors';
import { type ChangeType } from '../../../contracts/repository/change';
import { type ComponentKey } from '../../../contracts/repository/component-key';
import { type PendingDocument } from './documents';

/** One change that is under way. Its owner keeps it alive until it is done. */
export interface PendingWrite {
  readonly id: ObjectId;
  /** Makes sure that nobody has taken the change back, and that `file` is removed unless a component refers to it. */
  claim(file?: ObjectId): Promise<void>;
  /** All of it is done, or nothing: the file that it left is removed after a while. */
  finish(left?: ObjectId): Promise<void>;
  /** Its owner works on it no more, whether it is done or not. */
  leave(): void;
}

export interface PendingTimes {
  /** Milliseconds after which a change that nobody keeps alive is taken back. */
  readonly leaseMs: number;
  /** Milliseconds that a replaced package is kept for downloads under way. */
  readonly discardAfterMs: number;
}

/** The changes that are under way, in the database: whatever dies in the middle, a sweep finds what it left. */
export class PendingWrites {
  private readonly collection: Collection<PendingDocument>;

  constructor(
    private readonly db: Db,
    private readonly times: PendingTimes,
  ) {
    this.collection = db.collection<PendingDocument>('pending');
  }

  async createIndexes(): Promise<void> {
    await this.collection.createIndex({ expiresAt: 1 });
  }

  async begin(id: ObjectId, key: ComponentKey, change: ChangeType, files: ObjectId[]): Promise<PendingWrite> {
    const { collection, times } = this;
    await collection.insertOne({ _id: id, key, change, files, expiresAt: await this.later(times.leaseMs) });
    const heartbeat = setInterval(() => {
      // a beat that fails is made up for by the next, or the claim finds out
      void this.later(times.leaseMs)
        // not when it was finished meanwhile: what it left then has a time of its own
        .then((expiresAt) => collection.updateOne({ _id: id, change }, { $set: { expiresAt } }))
        .catch(() => undefined);
    }, times.leaseMs / 4).unref();

    return {
      id,
      claim: async (file) => {
        const expiresAt = await this.later(times.leaseMs);
        const { matchedCount } = await collection.updateOne(
          { _id: id },
          { $set: { expiresAt }, ...(file && { $addToSet: { files: file } }) },
        );
        if (matchedCount === 0) {
          throw new RepositoryError('STORE_UNAVAILABLE', 'the store was away for too long: try again');
        }
      },
      finish: async (left) => {
        if (!left) return void (await collection.deleteOne({ _id: id }));
        const expiresAt = await this.later(times.discardAfterMs);
        await collection.updateOne({ _id: id }, { $set: { change: null, files: [left], expiresAt } });
      },
      leave: () => clearInterval(heartbeat),
    };
  }

  /** Takes over the changes that nobody keeps alive any more; each goes to one sweep only. */
  async *takeExpired(): AsyncGenerator<PendingDocument> {
    for (;;) {
      const [now, expiresAt] = [await this.later(0), await this.later(this.times.leaseMs)];
      const taken = await this.collection.findOneAndUpdate(
        { expiresAt: { $lte: now } },
        { $set: { expiresAt } },
        { sort: { expiresAt: 1 } },
      );
      if (!taken) return;
      yield taken;
    }
  }

  async remove(id: ObjectId): Promise<void> {
    await this.collection.deleteOne({ _id: id });
  }

  /** By the database's clock: those of the services may differ. */
  private async later(milliseconds: number): Promise<Date> {
    const { localTime } = (await this.db.command({ hello: 1 })) as { localTime?: Date };
    return new Date((localTime?.getTime() ?? Date.now()) + milliseconds);
  }
}
