import { type ComponentKey } from '../../contracts/repository/component-key';
import { type ModelFormats, type PackageSignature } from '../../contracts/repository/listed-package';
import { type ComponentManifest } from '../../contracts/package/component-manifest';

/** What was understood of a package when it was uploaded. */
export interface PackageDescription {
  /** True for a package of another runtime, which is stored and served as it is. */
  readonly opaque: boolean;
  /** The version that the package says of itself; null when it says none. */
  readonly version: string | null;
  readonly formats: ModelFormats | null;
  readonly manifest: ComponentManifest | null;
}

/** A complete package in a store. */
export interface StoredPackage extends PackageDescription {
  /** `model_id` or `storage_id`: another one for each upload. */
  readonly storageId: string;
  /** Hexadecimal. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
  readonly fileName: string | null;
  readonly storedAt: string;
  readonly signature: PackageSignature | null;
}

/** Metadata as it was posted, by the schema of its kind; null for a model that was posted without any. */
export type ComponentMeta = Readonly<Record<string, unknown>> | null;

export interface ComponentRecord {
  readonly key: ComponentKey;
  readonly meta: ComponentMeta;
  readonly package: StoredPackage | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** A package that has arrived whole and was understood, in a file of the store's spool directory. */
export interface ReceivedPackage {
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
  readonly fileName: string | null;
  readonly description: PackageDescription;
  readonly signature: PackageSignature | null;
}
