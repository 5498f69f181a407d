import { createReadStream } from 'node:fs';
import { type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type * as mongodb from 'mongodb';
import { type Db, type GridFSBucket, type ObjectId } from 'mongodb';
import { RepositoryError } from '../../errors';
import { type ByteRange } from '../component-store';

const BUCKET = 'packages';
const CHUNK_BYTES = 1024 * 1024;

/** What of the driver is needed here; it is loaded only when a database is wanted. */
export type BucketDriver = Pick<typeof mongodb, 'GridFSBucket' | 'ObjectId'>;

/** Packages in GridFS: each upload is a file of its own, which is written once and never changed. */
export class PackageBucket {
  private readonly bucket: GridFSBucket;

  constructor(
    private readonly db: Db,
    private readonly driver: BucketDriver,
  ) {
    // the metadata that makes a file visible is written after it and waits for the journal, and so for the file
    const writeConcern = { w: 1 } as const;
    this.bucket = new driver.GridFSBucket(db, {
      bucketName: BUCKET,
      chunkSizeBytes: CHUNK_BYTES,
      writeConcern,
    });
  }

  /** The indexes that every GridFS bucket has; the driver makes them otherwise with the first upload. */
  async createIndexes(): Promise<void> {
    await this.db.collection(`${BUCKET}.files`).createIndex({ filename: 1, uploadDate: 1 });
    await this.db.collection(`${BUCKET}.chunks`).createIndex({ files_id: 1, n: 1 }, { unique: true });
  }

  newId(): ObjectId {
    return new this.driver.ObjectId();
  }

  async write(id: ObjectId, path: string, name: string): Promise<void> {
    const source = createReadStream(path, { highWaterMark: CHUNK_BYTES });
    await pipeline(source, this.bucket.openUploadStreamWithId(id, name));
  }

  /** @throws PACKAGE_ABSENT before the stream begins. */
  async read(storageId: string, range?: ByteRange): Promise<Readable> {
    const id = new this.driver.ObjectId(storageId);
    if (!(await this.bucket.find({ _id: id }).hasNext())) {
      throw new RepositoryError('PACKAGE_ABSENT', 'the package was replaced or deleted a moment ago');
    }
    return this.bucket.openDownloadStream(id, { ...range });
  }

  /** Removes a file, also one that was never finished. */
  async remove(id: ObjectId): Promise<void> {
    await this.db.collection(`${BUCKET}.files`).deleteOne({ _id: id });
    await this.db.collection(`${BUCKET}.chunks`).deleteMany({ files_id: id });
  }
}
