import { messageOf } from '../../contracts/program/problem';
import { RepositoryError } from '../errors';
import { type PackageInspector } from '../packages/package-inspector';
import { ZipArchive, type ZipLimits } from '../../contracts/package/zip-archive';
import { refusal } from '../packages/refusal';
import { describeKey, type ComponentKey } from '../../contracts/repository/component-key';
import { type ComponentRecord } from '../store/component-record';
import { type ComponentStore } from '../store/component-store';
import { type Spool } from '../uploads/spool';
import { archiveIndexSchema, INDEX_ENTRY, packageEntry, type ArchivedComponent } from './archive-index';
import { parseJsonText } from '../../contracts/values/json-text';

/** What happens to a component that is stored with another package than the archive has. */
export const CONFLICT_RULES = ['refuse', 'keep', 'replace'] as const;
export type ConflictRule = (typeof CONFLICT_RULES)[number];

export interface ImportRequest {
  readonly path: string;
  readonly onConflict: ConflictRule;
}

/** What an import did, by component. */
export interface ImportReport {
  readonly imported: readonly string[];
  /** Stored already with the same package, or kept by the rule. */
  readonly kept: readonly string[];
}

export interface ArchiveImporterDependencies {
  readonly store: ComponentStore;
  readonly spool: Spool;
  readonly inspector: PackageInspector;
}

/** An archive may hold many packages; each is judged by its own limits when it is opened. */
const LIMITS: ZipLimits = { maxEntries: 100_000, maxUnpackedBytes: Number.MAX_SAFE_INTEGER, maxRatio: 1000 };
const MAX_INDEX_BYTES = 256 * 1024 * 1024;

/**
 * Brings the components of an archive into the store. Conflicts are looked for before anything is changed; every package
 * is verified and opened as an upload is.
 * @throws PACKAGE_REFUSED, DIGEST_MISMATCH, IMPORT_CONFLICT
 */
export async function importArchive(
  dependencies: ArchiveImporterDependencies,
  { path, onConflict }: ImportRequest,
): Promise<ImportReport> {
  const zip = await ZipArchive.open(path, LIMITS, refusal);
  try {
    const components = await readIndex(zip);
    const plan = await Promise.all(
      components.map(async (component) => ({
        component,
        present: await dependencies.store.find(keyOf(component)),
      })),
    );
    const conflicting = plan.filter(({ component, present }) => isConflict(component, present));
    if (onConflict === 'refuse' && conflicting.length > 0) {
      const names = conflicting.map(({ component }) => describeKey(keyOf(component))).join(', ');
      throw new RepositoryError(
        'IMPORT_CONFLICT',
        `stored with other packages than in the archive: ${names}`,
      );
    }
    const imported: string[] = [];
    const kept: string[] = [];
    for (const { component, present } of plan) {
      const keep = isSame(component, present) || (onConflict === 'keep' && isConflict(component, present));
      if (!keep) await importComponent(dependencies, zip, component, present);
      (keep ? kept : imported).push(describeKey(keyOf(component)));
    }
    return { imported, kept };
  } finally {
    zip.close();
  }
}

async function readIndex(zip: ZipArchive): Promise<ArchivedComponent[]> {
  let json: unknown;
  const text = await zip.readText(INDEX_ENTRY, MAX_INDEX_BYTES);
  try {
    json = parseJsonText(text);
  } catch (error) {
    throw refused(`its ${INDEX_ENTRY} is no JSON: ${messageOf(error)}`);
  }
  const parsed = archiveIndexSchema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw refused(`its ${INDEX_ENTRY} does not fit: ${issue?.path.join('.')}: ${issue?.message}`);
  }
  for (const component of parsed.data.components) {
    const stored = component.package;
    if (stored && zip.sizeOf(packageEntry(stored.sha256)) !== stored.size) {
      throw refused(`it does not have the package of ${describeKey(keyOf(component))} whole`);
    }
  }
  return parsed.data.components;
}

async function importComponent(
  { store, spool, inspector }: ArchiveImporterDependencies,
  zip: ZipArchive,
  { meta, package: archived, ...key }: ArchivedComponent,
  present: ComponentRecord | undefined,
): Promise<void> {
  if (!archived) return present ? store.describe(key, meta) : store.create(key, meta);
  const file = await spool.receive(await zip.stream(packageEntry(archived.sha256)));
  try {
    if (file.sha256 !== archived.sha256) {
      throw new RepositoryError(
        'DIGEST_MISMATCH',
        `the package of ${describeKey(key)} in the archive has sha256 ${file.sha256}, its index says ${archived.sha256}`,
      );
    }
    const { fileName, signature } = archived;
    const description = await inspector.inspect({ key, path: file.path, fileName });
    if (present) await store.describe(key, meta);
    else await store.create(key, meta);
    await store.publish(key, { ...file, fileName, signature, description }, { replace: true });
  } finally {
    await spool.discard(file.path);
  }
}

function keyOf({ kind, name, version }: ArchivedComponent): ComponentKey {
  return { kind, name, version };
}

function isSame(component: ArchivedComponent, present: ComponentRecord | undefined): boolean {
  return present !== undefined && (component.package?.sha256 ?? null) === (present.package?.sha256 ?? null);
}

function isConflict(component: ArchivedComponent, present: ComponentRecord | undefined): boolean {
  return Boolean(component.package && present?.package) && !isSame(component, present);
}

function refused(reason: string): RepositoryError {
  return new RepositoryError('PACKAGE_REFUSED', `this is no archive that can be imported: ${reason}`);
}
