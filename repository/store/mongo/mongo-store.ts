import { type Readable } from 'node:stream';
import { type Collection, type Db, type MongoClient } from 'mongodb';
import { messageOf } from '../../../contracts/program/problem';
import { UsageError } from '../../../contracts/program/usage-error';
import { redactUri } from '../../../contracts/values/redacted-uri';
import { RepositoryError } from '../../errors';
import { type ChangeType } from '../../../contracts/repository/change';
import {
  COMPONENT_KINDS,
  describeKey,
  type ComponentKey,
  type ComponentKind,
} from '../../../contracts/repository/component-key';
import { type PackageSignature } from '../../../contracts/repository/listed-package';
import { type ComponentFilter } from '../component-filter';
import {
  type ComponentMeta,
  type ComponentRecord,
  type ReceivedPackage,
  type StoredPackage,
} from '../component-record';
import {
  type ByteRange,
  type ChangePage,
  type ComponentStore,
  type PageRequest,
  type RecordPage,
  type SweepReport,
} from '../component-store';
import { alreadyExists, noPackage, signatureMismatch, unknownComponent, versionImmutable } from '../refusals';
import { ChangeLog } from './change-log';
import { afterQuery, filterQuery } from './component-query';
import {
  metaFields,
  packageDetails,
  toRecord,
  toStoredPackage,
  type ComponentDocument,
  type PackageDocument,
  type PendingDocument,
} from './documents';
import { isDuplicate, translateMongoError } from './mongo-errors';
import { PackageBucket, type BucketDriver } from './package-bucket';
import { PendingWrites, type PendingTimes, type PendingWrite } from './pending-writes';

export interface MongoStoreOptions extends Partial<PendingTimes> {
  readonly spoolDirectory: string;
  readonly keptChanges?: number;
  readonly pollMs?: number;
}

const DEFAULT_DATABASE = 'repository';
/** Times that a change is tried when others change the same component. */
const ATTEMPTS = 20;

const CLIENT_OPTIONS = {
  appName: 'mis-repository',
  serverSelectionTimeoutMS: 5000,
  connectTimeoutMS: 5000,
  socketTimeoutMS: 60_000,
  retryWrites: true,
  retryReads: true,
  writeConcern: { w: 'majority', journal: true },
  ignoreUndefined: true,
} as const;

/**
 * Components in MongoDB, packages in GridFS. Any number of services may share a database. The connection is made when it
 * is needed and again when it broke; until then every operation says STORE_UNAVAILABLE.
 */
export class MongoStore implements ComponentStore {
  readonly spoolDirectory: string;
  readonly keepsSpooledFiles = false;
  private readonly components: Collection<ComponentDocument>;
  private readonly bucket: PackageBucket;
  private readonly pending: PendingWrites;
  private readonly log: ChangeLog;
  private prepared: Promise<void> | undefined;

  private constructor(
    private readonly client: MongoClient,
    private readonly db: Db,
    driver: BucketDriver,
    options: MongoStoreOptions,
  ) {
    const { keptChanges = 10_000, pollMs = 1000, leaseMs = 60_000, discardAfterMs = 600_000 } = options;
    this.spoolDirectory = options.spoolDirectory;
    this.components = db.collection<ComponentDocument>('components');
    this.bucket = new PackageBucket(db, driver);
    this.pending = new PendingWrites(db, { leaseMs, discardAfterMs });
    this.log = new ChangeLog(db, { keptChanges, pollMs });
  }

  /** @throws UsageError when the address is none; a database that is away is no reason not to start. */
  static async open(uri: string, options: MongoStoreOptions): Promise<MongoStore> {
    // loaded only when it is wanted: the driver takes memory and time
    const { MongoClient, GridFSBucket, ObjectId } = await import('mongodb');
    let client: MongoClient;
    try {
      client = new MongoClient(uri, CLIENT_OPTIONS);
    } catch (error) {
      // The driver's messages quote the address with its password.
      const reason = messageOf(error).replaceAll(uri, redactUri(uri));
      throw new UsageError(`--store is no address of a MongoDB: ${reason}`);
    }
    const named = /^[^/]+\/\/[^/]+\/([^/?]+)/.exec(uri)?.[1];
    return new MongoStore(client, client.db(named ?? DEFAULT_DATABASE), { GridFSBucket, ObjectId }, options);
  }

  create(key: ComponentKey, meta: ComponentMeta): Promise<void> {
    return this.change(key, 'created', async (write) => {
      const now = new Date().toISOString();
      try {
        const document = { ...key, ...metaFields(meta), package: null, createdAt: now, updatedAt: now };
        await this.components.insertOne({ _id: write.id, ...document });
      } catch (error) {
        throw isDuplicate(error) ? alreadyExists(key) : error;
      }
    });
  }

  describe(key: ComponentKey, meta: ComponentMeta): Promise<void> {
    return this.change(key, 'described', async () => {
      const changes = { ...metaFields(meta), updatedAt: new Date().toISOString() };
      const { matchedCount } = await this.components.updateOne({ ...key }, { $set: changes });
      if (matchedCount === 0) throw unknownComponent(key);
    });
  }

  find(key: ComponentKey): Promise<ComponentRecord | undefined> {
    return this.guard(async () => {
      const document = await this.components.findOne({ ...key });
      return document ? toRecord(document) : undefined;
    });
  }

  list(kind: ComponentKind, filter: ComponentFilter, page: PageRequest = {}): Promise<RecordPage> {
    return this.guard(async () => {
      const query = filterQuery(kind, filter);
      const cursor = this.components
        .find({ $and: [query, ...afterQuery(page)] })
        .sort({ name: 1, version: 1 });
      if (page.limit !== undefined) cursor.limit(page.limit);
      const records = (await cursor.toArray()).map(toRecord);
      const whole = page.limit === undefined && page.after === undefined;
      return { records, total: whole ? records.length : await this.components.countDocuments(query) };
    });
  }

  publish(
    key: ComponentKey,
    received: ReceivedPackage,
    { replace }: { readonly replace: boolean },
  ): Promise<StoredPackage> {
    const fileId = this.bucket.newId();
    const { description, path, sha256, size, fileName, signature } = received;
    const { opaque, version } = description;
    return this.change(
      key,
      'stored',
      async (write) => {
        await this.requireReplaceable(key, replace);
        await this.bucket.write(fileId, path, describeKey(key));
        const storedAt = new Date().toISOString();
        const details = packageDetails(description);
        const stored = { fileId, sha256, size, fileName, storedAt, signature, opaque, version, details };
        const left = await this.replacePackage(key, stored, write, replace);
        return { result: toStoredPackage(stored), left };
      },
      [fileId],
    ).then(({ result }) => result);
  }

  sign(key: ComponentKey, sha256: string, signature: PackageSignature): Promise<void> {
    return this.change(key, 'signed', async () => {
      const { matchedCount } = await this.components.updateOne(
        { ...key, 'package.sha256': sha256 },
        { $set: { 'package.signature': signature, updatedAt: new Date().toISOString() } },
      );
      if (matchedCount > 0) return;
      const document = await this.components.findOne({ ...key });
      if (!document) throw unknownComponent(key);
      if (!document.package) throw noPackage(key);
      throw signatureMismatch(key, sha256, document.package.sha256);
    });
  }

  read(stored: StoredPackage, range?: ByteRange): Promise<Readable> {
    return this.guard(() => this.bucket.read(stored.storageId, range));
  }

  async delete(key: ComponentKey): Promise<void> {
    await this.change(key, 'deleted', async (write) => {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const document = await this.components.findOne({ ...key });
        if (!document) throw unknownComponent(key);
        const left = document.package?.fileId;
        await write.claim(left);
        const { deletedCount } = await this.components.deleteOne(samePackage(document));
        if (deletedCount > 0) return { left };
      }
      throw changedMeanwhile(key);
    });
  }

  changes(after: number, limit: number): Promise<ChangePage> {
    return this.guard(() => this.log.page(after, limit));
  }

  watch(listener: () => void): () => void {
    return this.log.watch(listener);
  }

  count(): Promise<Record<ComponentKind, number>> {
    return this.guard(async () => {
      const counts = COMPONENT_KINDS.map(async (kind) => [
        kind,
        await this.components.countDocuments({ kind }),
      ]);
      return Object.fromEntries(await Promise.all(counts)) as Record<ComponentKind, number>;
    });
  }

  check(): Promise<void> {
    return this.guard(async () => {
      await this.db.command({ ping: 1 });
    });
  }

  sweep(): Promise<SweepReport> {
    return this.guard(async () => {
      const report = { packages: 0, uploads: 0 };
      for await (const pending of this.pending.takeExpired()) {
        const removed = await this.finishForAnother(pending);
        if (pending.change === null) report.packages += removed;
        else report.uploads += removed;
      }
      return report;
    });
  }

  async close(): Promise<void> {
    await this.log.close();
    await this.client.close();
  }

  private async requireReplaceable(key: ComponentKey, replace: boolean): Promise<ComponentDocument> {
    const document = await this.components.findOne({ ...key });
    if (!document) throw unknownComponent(key);
    if (document.package && !replace) throw versionImmutable(key);
    return document;
  }

  /** Puts a package in the place of the one that is there, whose file is returned. */
  private async replacePackage(
    key: ComponentKey,
    stored: PackageDocument,
    write: PendingWrite,
    replace: boolean,
  ): Promise<PackageDocument['fileId'] | undefined> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const document = await this.requireReplaceable(key, replace);
      const left = document.package?.fileId;
      await write.claim(left);
      const changes = { package: stored, updatedAt: stored.storedAt };
      const { matchedCount } = await this.components.updateOne(samePackage(document), { $set: changes });
      if (matchedCount > 0) return left;
    }
    throw changedMeanwhile(key);
  }

  /**
   * Does one change so that a sweep can finish it or take it back wherever it breaks off. A refusal (RepositoryError)
   * means that nothing was changed, and the files of the change are removed at once.
   */
  private change<T extends { left?: PackageDocument['fileId'] } | void>(
    key: ComponentKey,
    type: ChangeType,
    task: (write: PendingWrite) => Promise<T>,
    files: PackageDocument['fileId'][] = [],
  ): Promise<T> {
    return this.guard(async () => {
      const write = await this.pending.begin(files[0] ?? this.bucket.newId(), key, type, files);
      try {
        const result = await task(write).catch(async (error: unknown) => {
          if (error instanceof RepositoryError) await this.takeBack(write, files);
          throw error;
        });
        await this.tell(key, type);
        await write.finish(result?.left);
        return result;
      } finally {
        write.leave();
      }
    });
  }

  private async takeBack(write: PendingWrite, files: PackageDocument['fileId'][]): Promise<void> {
    for (const file of files) await this.bucket.remove(file);
    await write.finish();
  }

  private async tell(key: ComponentKey, type: ChangeType): Promise<void> {
    const document = await this.components.findOne({ ...key });
    const sha256 = document?.package?.sha256 ?? null;
    await this.log.append({ type, ...key, sha256, at: new Date().toISOString() });
  }

  /** Removes the files that no component refers to, and tells a change that was made and perhaps not told. */
  private async finishForAnother({ _id, key, change, files }: PendingDocument): Promise<number> {
    let removed = 0;
    for (const file of files) {
      if (await this.components.findOne({ 'package.fileId': file })) continue;
      await this.bucket.remove(file);
      removed += 1;
    }
    if (change !== null) {
      const present = (await this.components.findOne({ ...key })) !== null;
      if (present !== (change === 'deleted')) await this.tell(key, change);
    }
    await this.pending.remove(_id);
    return removed;
  }

  private async guard<T>(task: () => Promise<T>): Promise<T> {
    try {
      await this.prepare();
      return await task();
    } catch (error) {
      throw translateMongoError(error);
    }
  }

  /** Makes collections and indexes, once; when the database is away, with the next operation. */
  private prepare(): Promise<void> {
    this.prepared ??= this.createCollections().catch((error: unknown) => {
      this.prepared = undefined;
      throw error;
    });
    return this.prepared;
  }

  /** All of them before the first document: one that is made by an insert would be made beside others that are under way. */
  private async createCollections(): Promise<void> {
    // A first attempt that failed leaves a closed connection behind, which operations alone never open again.
    await this.client.connect();
    await this.components.createIndexes([
      { key: { kind: 1, name: 1, version: 1 }, name: 'key', unique: true },
      { key: { 'package.fileId': 1 }, name: 'file' },
    ]);
    await this.pending.createIndexes();
    await this.bucket.createIndexes();
    await this.log.createCollection();
  }
}

/** The component, unless its package was replaced since it was looked at. */
function samePackage({ _id, package: stored }: ComponentDocument) {
  return stored ? { _id, 'package.fileId': stored.fileId } : { _id, package: null };
}

function changedMeanwhile(key: ComponentKey): RepositoryError {
  return new RepositoryError(
    'CHANGED_MEANWHILE',
    `${describeKey(key)} is being changed by others: try again`,
  );
}
