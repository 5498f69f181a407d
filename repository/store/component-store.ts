import { type Readable } from 'node:stream';
import { type Change } from '../../contracts/repository/change';
import { type ComponentKey, type ComponentKind } from '../../contracts/repository/component-key';
import { type PackageSignature } from '../../contracts/repository/listed-package';
import { type ComponentFilter } from './component-filter';
import {
  type ComponentMeta,
  type ComponentRecord,
  type ReceivedPackage,
  type StoredPackage,
} from './component-record';

/** A part of a package, in bytes; `end` is the first byte that is not wanted. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export interface PageRequest {
  readonly limit?: number;
  /** Only what comes after this name and version in the order of lists. */
  readonly after?: Pick<ComponentKey, 'name' | 'version'>;
}

export interface RecordPage {
  readonly records: readonly ComponentRecord[];
  /** All that the filter lets through, on every page. */
  readonly total: number;
}

export interface ChangePage {
  readonly changes: readonly Change[];
  /** Oldest sequence still kept; above `last` when there is none. */
  readonly oldest: number;
  /** Newest sequence there is; 0 before the first change. */
  readonly last: number;
}

/** What a sweep removed: packages that no component refers to, and what was left of uploads. */
export interface SweepReport {
  readonly packages: number;
  readonly uploads: number;
}

/**
 * Where components are kept. Methods may be called concurrently. A change is durable when its promise resolves, keeps
 * metadata and package consistent through any crash, and appears in the change feed. Methods throw RepositoryError:
 * STORE_UNAVAILABLE when the store cannot be reached, STORE_FULL when it has no space, and the codes named at each.
 */
export interface ComponentStore {
  /** Directory that uploads are received in, on the disk where `publish` wants them. */
  readonly spoolDirectory: string;
  /** Whether a published package stays on the disk of the spool. */
  readonly keepsSpooledFiles: boolean;

  /** @throws ALREADY_EXISTS */
  create(key: ComponentKey, meta: ComponentMeta): Promise<void>;
  /** Replaces the metadata as a whole. @throws COMPONENT_UNKNOWN */
  describe(key: ComponentKey, meta: ComponentMeta): Promise<void>;
  find(key: ComponentKey): Promise<ComponentRecord | undefined>;
  /** In the order of names, then versions. */
  list(kind: ComponentKind, filter: ComponentFilter, page?: PageRequest): Promise<RecordPage>;

  /**
   * Makes a received package the component's only one, at once and whole. The file may be moved away or left.
   * @throws COMPONENT_UNKNOWN, and VERSION_IMMUTABLE when `replace` is false and there is a package.
   */
  publish(
    key: ComponentKey,
    received: ReceivedPackage,
    options: { readonly replace: boolean },
  ): Promise<StoredPackage>;
  /** @throws COMPONENT_UNKNOWN, PACKAGE_ABSENT, and SIGNATURE_MISMATCH when the package is another than `sha256`. */
  sign(key: ComponentKey, sha256: string, signature: PackageSignature): Promise<void>;
  /** The bytes of a package that `find` or `list` returned. @throws PACKAGE_ABSENT when it was replaced since. */
  read(stored: StoredPackage, range?: ByteRange): Promise<Readable>;
  /** Metadata and package. @throws COMPONENT_UNKNOWN */
  delete(key: ComponentKey): Promise<void>;

  /** Changes after a sequence, oldest first. */
  changes(after: number, limit: number): Promise<ChangePage>;
  /** Calls `listener` soon after any change, of any process; the returned function ends that. */
  watch(listener: () => void): () => void;

  /** Components of each kind. */
  count(): Promise<Record<ComponentKind, number>>;
  /** @throws STORE_UNAVAILABLE */
  check(): Promise<void>;
  /** Removes what crashes left behind. Called at start and from time to time; uploads under way are not touched. */
  sweep(): Promise<SweepReport>;
  /** Called once, after the last request. */
  close(): Promise<void>;
}
