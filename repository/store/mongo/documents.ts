import { type ObjectId } from 'mongodb';
import { type Change, type ChangeType } from '../../../contracts/repository/change';
import { type ComponentKey } from '../../../contracts/repository/component-key';
import { type PackageSignature } from '../../../contracts/repository/listed-package';
import {
  type ComponentRecord,
  type ComponentMeta,
  type PackageDescription,
  type StoredPackage,
} from '../component-record';

/** A component as the database has it. What may hold field names that a database would take for its own is text. */
export interface ComponentDocument extends ComponentKey {
  readonly _id: ObjectId;
  /** JSON of the metadata. */
  readonly meta: string;
  readonly library: string | null;
  readonly description: string | null;
  readonly package: PackageDocument | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface PackageDocument {
  readonly fileId: ObjectId;
  readonly sha256: string;
  readonly size: number;
  readonly fileName: string | null;
  readonly storedAt: string;
  readonly signature: PackageSignature | null;
  readonly opaque: boolean;
  readonly version: string | null;
  /** JSON of formats and manifest. */
  readonly details: string;
}

/** An entry of the change log; `_id` is its sequence. */
export interface ChangeDocument extends Omit<Change, 'sequence'> {
  readonly _id: number;
}

/**
 * A change that is under way: written before anything else of it, removed when all of it is done. After `expiresAt` nobody
 * works on it any more, and the sweep finishes it or takes it back.
 */
export interface PendingDocument {
  readonly _id: ObjectId;
  readonly key: ComponentKey;
  /** The change to tell, until it was told. */
  readonly change: ChangeType | null;
  /** Files that are not needed unless a component refers to them. */
  readonly files: readonly ObjectId[];
  readonly expiresAt: Date;
}

export function metaFields(meta: ComponentMeta): Pick<ComponentDocument, 'meta' | 'library' | 'description'> {
  const textOf = (value: unknown) => (typeof value === 'string' ? value : null);
  return {
    meta: JSON.stringify(meta),
    library: textOf(meta?.library),
    description: textOf(meta?.description),
  };
}

export function packageDetails({ formats, manifest }: PackageDescription): string {
  return JSON.stringify({ formats, manifest });
}

export function toRecord(document: ComponentDocument): ComponentRecord {
  const { kind, name, version, meta, createdAt, updatedAt } = document;
  return {
    key: { kind, name, version },
    meta: JSON.parse(meta) as ComponentMeta,
    package: document.package && toStoredPackage(document.package),
    createdAt,
    updatedAt,
  };
}

export function toStoredPackage({ fileId, details, ...stored }: PackageDocument): StoredPackage {
  const { formats, manifest } = JSON.parse(details) as Pick<PackageDescription, 'formats' | 'manifest'>;
  return { storageId: fileId.toHexString(), ...stored, formats, manifest };
}
