import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Readable } from 'node:stream';
import { messageOf } from '../../../contracts/program/problem';
import { UsageError } from '../../../contracts/program/usage-error';
import { type TransferMemory } from '../../operation/transfer-memory';
import { type ChangeType } from '../../../contracts/repository/change';
import { type ComponentKey, type ComponentKind } from '../../../contracts/repository/component-key';
import { type PackageSignature } from '../../../contracts/repository/listed-package';
import { alreadyExists, noPackage, signatureMismatch, unknownComponent, versionImmutable } from '../refusals';
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
import { MetadataCache } from './metadata-cache';
import { MetadataIndex } from './metadata-index';
import { PackageFiles } from './package-files';

export interface EmbeddedStoreOptions {
  /** Changes that the feed can go back to. */
  readonly keptChanges?: number;
  /** Told of what is read. */
  readonly memory?: TransferMemory;
}

/**
 * Components in one directory of this machine, for one process: packages as content-addressed files, metadata in a
 * durable index that is also held in memory.
 */
export class EmbeddedStore implements ComponentStore {
  readonly keepsSpooledFiles = true;
  private readonly lock = new WriteLock();
  private readonly changed = new EventEmitter().setMaxListeners(0);

  private constructor(
    readonly spoolDirectory: string,
    private readonly index: MetadataIndex,
    private readonly files: PackageFiles,
    private cache: MetadataCache,
    private readonly keptChanges: number,
  ) {}

  /** @throws UsageError when the directory cannot be used or another process has it. */
  static async open(directory: string, { keptChanges = 10_000, memory }: EmbeddedStoreOptions = {}) {
    const spoolDirectory = join(directory, 'incoming');
    try {
      await mkdir(spoolDirectory, { recursive: true });
    } catch (error) {
      throw new UsageError(`cannot use ${directory} as a store: ${messageOf(error)}`);
    }
    const index = await MetadataIndex.open(join(directory, 'index'));
    const files = await PackageFiles.open(join(directory, 'packages'), memory);
    const cache = new MetadataCache(await index.records(), await index.changes());
    // the index is ours alone, so whatever lies in the spool now belongs to a process that is gone
    for (const name of await readdir(spoolDirectory))
      await rm(join(spoolDirectory, name), { recursive: true });
    return new EmbeddedStore(spoolDirectory, index, files, cache, keptChanges);
  }

  create(key: ComponentKey, meta: ComponentMeta): Promise<void> {
    return this.write(async () => {
      if (this.cache.find(key)) throw alreadyExists(key);
      const now = new Date().toISOString();
      await this.commit({ key, meta, package: null, createdAt: now, updatedAt: now }, 'created');
    });
  }

  describe(key: ComponentKey, meta: ComponentMeta): Promise<void> {
    return this.write(() => this.commit({ ...this.require(key), meta }, 'described'));
  }

  find(key: ComponentKey): Promise<ComponentRecord | undefined> {
    return Promise.resolve(this.cache.find(key));
  }

  list(kind: ComponentKind, filter: ComponentFilter, page: PageRequest = {}): Promise<RecordPage> {
    return Promise.resolve(this.cache.list(kind, filter, page));
  }

  async publish(
    key: ComponentKey,
    received: ReceivedPackage,
    { replace }: { readonly replace: boolean },
  ): Promise<StoredPackage> {
    const file = await open(received.path, 'r+');
    await file.sync().finally(() => file.close());
    return this.write(async () => {
      const record = this.require(key);
      if (record.package && !replace) throw versionImmutable(key);
      await this.files.adopt(received.path, received.sha256, received.size);
      const { sha256, size, fileName, signature, description } = received;
      const storedAt = new Date().toISOString();
      const storageId = randomBytes(12).toString('hex');
      const stored = { ...description, storageId, sha256, size, fileName, storedAt, signature };
      // after a failed commit nobody knows whether the index has it: the sweep after the reopening decides
      await this.commit({ ...record, package: stored }, 'stored');
      this.dropLater(record.package?.sha256);
      return stored;
    });
  }

  sign(key: ComponentKey, sha256: string, signature: PackageSignature): Promise<void> {
    return this.write(async () => {
      const record = this.require(key);
      if (!record.package) throw noPackage(key);
      if (record.package.sha256 !== sha256) throw signatureMismatch(key, sha256, record.package.sha256);
      await this.commit({ ...record, package: { ...record.package, signature } }, 'signed');
    });
  }

  read(stored: StoredPackage, range?: ByteRange): Promise<Readable> {
    return this.files.read(stored.sha256, range);
  }

  delete(key: ComponentKey): Promise<void> {
    return this.write(async () => {
      const record = this.require(key);
      await this.commit(record, 'deleted');
      await this.dropIfUnreferenced(record.package?.sha256);
    });
  }

  changes(after: number, limit: number): Promise<ChangePage> {
    return Promise.resolve(this.cache.changes(after, limit));
  }

  watch(listener: () => void): () => void {
    this.changed.on('change', listener);
    return () => this.changed.off('change', listener);
  }

  count(): Promise<Record<ComponentKind, number>> {
    return Promise.resolve(this.cache.counts());
  }

  async check(): Promise<void> {
    if (this.index.needsReopening) await this.write(() => Promise.resolve());
    this.index.check();
  }

  sweep(): Promise<SweepReport> {
    return this.write(async () => {
      let packages = 0;
      for await (const sha256 of this.files.digests()) {
        if (await this.dropIfUnreferenced(sha256)) packages += 1;
      }
      return { packages, uploads: 0 };
    });
  }

  async close(): Promise<void> {
    await this.lock.run(() => this.index.close());
  }

  private require(key: ComponentKey): ComponentRecord {
    const record = this.cache.find(key);
    if (!record) throw unknownComponent(key);
    return record;
  }

  /** One change at a time; after a failed write the index is opened again and what it holds is believed. */
  private write<T>(task: () => Promise<T>): Promise<T> {
    return this.lock.run(async () => {
      if (this.index.needsReopening) {
        await this.index.reopen();
        this.cache = new MetadataCache(await this.index.records(), await this.index.changes());
      }
      return task();
    });
  }

  private async commit(record: ComponentRecord, type: ChangeType): Promise<void> {
    const at = new Date().toISOString();
    const updated = { ...record, updatedAt: at };
    const forget = this.cache.excess(this.keptChanges);
    const change = {
      sequence: this.cache.lastSequence + 1,
      type,
      ...record.key,
      sha256: record.package?.sha256 ?? null,
      at,
    };
    if (type === 'deleted') {
      await this.index.write({ remove: record.key, change, forget });
      this.cache.remove(record.key);
    } else {
      await this.index.write({ put: updated, change, forget });
      this.cache.set(updated);
    }
    this.cache.append(change, forget.length);
    this.changed.emit('change');
  }

  /** Frees what was replaced when nobody waits for it any more: of a large file that takes a while. */
  private dropLater(sha256: string | undefined): void {
    this.lock
      // where nobody knows what the index has, and when it fails, it is left to the sweep
      .run(async () => this.index.needsReopening || this.dropIfUnreferenced(sha256))
      .catch(() => undefined);
  }

  private async dropIfUnreferenced(sha256: string | undefined): Promise<boolean> {
    if (sha256 === undefined || this.cache.isReferenced(sha256)) return false;
    await this.files.remove(sha256);
    return true;
  }
}

/** Runs tasks one after the other, in the order in which they came. */
class WriteLock {
  private last: Promise<unknown> = Promise.resolve();

  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.last.then(task);
    this.last = result.catch(() => undefined);
    return result;
  }
}
