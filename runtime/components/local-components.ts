import { COMPONENT_NAME } from '../../contracts/names/name-patterns';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  componentManifestSchema,
  type ComponentKind,
  type ComponentManifest,
} from '../../contracts/package/component-manifest';
import { messageOf } from '../../contracts/program/problem';
import { ComponentError } from '../../contracts/package/component-error';
import { compareVersions, newestRelease } from '../../contracts/package/version-order';
import { digestOfFolder, filesBelow, sha256OfFile } from './file-digests';
import { KeptPackageError, readPackageRecord, verifyKept } from './package-record';
import { parseJsonText } from '../../contracts/values/json-text';

/** A component as it lies in a local directory, `<directory>/<kind>/<name>/<version>/`. */
export interface LocalComponent {
  readonly kind: ComponentKind;
  readonly name: string;
  readonly version: string;
  readonly directory: string;
  /** A model's file, or the entry module of code. */
  readonly file: string;
}

/** As a version: the newest release. */
export const LATEST = 'latest';

/** What a document says of a component that it wants. */
export interface ComponentReference {
  readonly name: string;
  /** A version, or {@link LATEST}. Default: the newest release, or where there is none the newest prerelease. */
  readonly version?: string;
  /** `sha256:…` that the package must have. */
  readonly digest?: string;
}

/** Thrown when a component is in none of the directories. */
export class AbsentComponentError extends ComponentError {}

/** Components in directories of this machine; the first directory that has one wins. */
export class LocalComponents {
  constructor(readonly directories: readonly string[]) {}

  /**
   * A component whose files were compared with its package, where it was fetched, and with the digest that is wanted.
   * @throws AbsentComponentError when it is in none of the directories; KeptPackageError when it was fetched and is not what
   * was fetched, or not what is wanted; ComponentError when it is incomplete, or has another digest.
   */
  async find(kind: ComponentKind, reference: ComponentReference): Promise<LocalComponent> {
    const { name } = reference;
    if (!COMPONENT_NAME.test(name)) {
      throw new AbsentComponentError(`'${name}' is no name of a ${kind}: it has letters, digits and . _ -`);
    }
    const version = this.chooseVersion(kind, reference);
    for (const directory of this.directories) {
      const folder = join(directory, kind, name, version ?? '');
      if (version === undefined || !isFolder(folder) || readdirSync(folder).length === 0) continue;
      await checkKept(kind, name, version, folder, reference.digest);
      const component = {
        kind,
        name,
        version,
        directory: folder,
        file: findFile(kind, name, version, folder),
      };
      await checkDigest(component, reference.digest);
      return component;
    }
    throw new AbsentComponentError(this.describeAbsence(kind, name, reference.version));
  }

  /** Names of the components of a kind, for messages. */
  names(kind: ComponentKind): string[] {
    return [...new Set(this.directories.flatMap((directory) => listFolders(join(directory, kind))))].sort();
  }

  private versions(kind: ComponentKind, name: string): string[] {
    return [
      ...new Set(this.directories.flatMap((directory) => listFolders(join(directory, kind, name)))),
    ].sort(compareVersions);
  }

  private chooseVersion(kind: ComponentKind, { name, version }: ComponentReference): string | undefined {
    if (version !== undefined && version !== LATEST) return version;
    const versions = this.versions(kind, name);
    return newestRelease(versions) ?? (version === LATEST ? undefined : versions.at(-1));
  }

  private describeAbsence(kind: ComponentKind, name: string, version: string | undefined): string {
    const where = this.directories.map((directory) => join(directory, kind, name, version ?? '*')).join(', ');
    const versions = this.versions(kind, name);
    const names = this.names(kind);
    let there = `there is no ${kind}`;
    if (versions.length > 0) {
      there = `its versions there are ${versions.join(', ')}`;
      if (version === LATEST) there += ': no release, and a prerelease is taken only by name';
    } else if (names.length > 0) {
      there = `the ${kind}s there are ${names.join(', ')}`;
    }
    return `${kind} '${name}'${version === undefined ? '' : ` ${version}`} not found in ${where || 'any directory'}; ${there}`;
  }
}

function findFile(kind: ComponentKind, name: string, version: string, folder: string): string {
  const manifest = readManifest(kind, name, version, folder);
  const named = kind === 'model' ? manifest?.file : manifest?.entry;
  if (named !== undefined) {
    const file = join(folder, named);
    if (!existsSync(file))
      throw new ComponentError(`${join(folder, 'component.json')} names '${named}', which is not there`);
    return file;
  }
  if (kind !== 'model')
    throw new ComponentError(`${folder} has no component.json, which names the entry file`);
  const models = readdirSync(folder).filter((file) => file.endsWith('.onnx'));
  if (models.length !== 1) {
    throw new ComponentError(
      `${folder} must hold one .onnx file, got ${models.length === 0 ? 'none' : models.join(', ')}`,
    );
  }
  return join(folder, models[0]);
}

function readManifest(
  kind: ComponentKind,
  name: string,
  version: string,
  folder: string,
): ComponentManifest | undefined {
  const file = join(folder, 'component.json');
  if (!existsSync(file)) return undefined;
  let json: unknown;
  try {
    json = parseJsonText(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new ComponentError(`${file} is no JSON: ${messageOf(error)}`);
  }
  const parsed = componentManifestSchema.safeParse(json);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new ComponentError(`${file}: ${problems.join('; ')}`);
  }
  const { data } = parsed;
  if (data.kind !== kind || (data.name ?? data.id) !== name || data.version !== version) {
    throw new ComponentError(
      `${file} says ${data.kind} '${data.name ?? data.id}' ${data.version}, its folder ${kind} '${name}' ${version}`,
    );
  }
  return data;
}

/** Compares a folder that was fetched with its package, and that with the digest that is wanted. */
async function checkKept(
  kind: ComponentKind,
  name: string,
  version: string,
  folder: string,
  expected: string | undefined,
): Promise<void> {
  const record = readPackageRecord(folder);
  if (record === undefined) return;
  if (expected !== undefined && expected !== `sha256:${record.sha256}`) {
    throw new KeptPackageError(
      anotherDigest({ kind, name, version, folder }, `sha256:${record.sha256}`, expected),
    );
  }
  await verifyKept(kind, folder, record);
}

/**
 * Compares a component that was put there by hand with the digest that is wanted: a model file's own where it is all that
 * there is, else that of all files of the folder.
 */
async function checkDigest(component: LocalComponent, expected: string | undefined): Promise<void> {
  const { kind, directory: folder, file } = component;
  if (expected === undefined || readPackageRecord(folder) !== undefined) return;
  const files = filesBelow(folder).filter((path) => path !== 'component.json');
  const isAlone = kind === 'model' && files.length === 1;
  const actual = isAlone ? `sha256:${await sha256OfFile(file)}` : await digestOfFolder(folder);
  if (actual === expected) return;
  const covered = isAlone ? '' : ` (over all its files: ${listed(filesBelow(folder))})`;
  throw new ComponentError(anotherDigest({ ...component, folder }, `${actual}${covered}`, expected));
}

function anotherDigest(
  { kind, name, version, folder }: { kind: ComponentKind; name: string; version: string; folder: string },
  actual: string,
  expected: string,
): string {
  return `${kind} '${name}' ${version} in ${folder} has digest ${actual}, the document allows only ${expected}`;
}

function listed(files: readonly string[]): string {
  const shown = files.slice(0, 5).join(', ');
  return files.length > 5 ? `${shown} and ${files.length - 5} more` : shown;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function listFolders(path: string): string[] {
  if (!isFolder(path)) return [];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() || (entry.isSymbolicLink() && isFolder(join(path, entry.name))))
    .map((entry) => entry.name)
    .filter((name) => !name.startsWith('.'));
}
