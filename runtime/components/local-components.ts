import { COMPONENT_NAME } from '../../contracts/names/name-patterns';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline as pump } from 'node:stream/promises';
import {
  componentManifestSchema,
  type ComponentKind,
  type ComponentManifest,
} from '../../contracts/package/component-manifest';
import { messageOf } from '../../contracts/program/problem';
import { ComponentError } from '../../contracts/package/component-error';
import { readPackageRecord } from './package-record';

/** A component as it lies in a local directory, `<directory>/<kind>/<name>/<version>/`. */
export interface LocalComponent {
  readonly kind: ComponentKind;
  readonly name: string;
  readonly version: string;
  readonly directory: string;
  /** A model's file, or the entry module of code. */
  readonly file: string;
}

/** What a document says of a component that it wants. */
export interface ComponentReference {
  readonly name: string;
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
   * @throws ComponentError when it is in none of the directories, incomplete, or has another digest.
   */
  async find(kind: ComponentKind, reference: ComponentReference): Promise<LocalComponent> {
    const { name } = reference;
    if (!COMPONENT_NAME.test(name)) {
      throw new AbsentComponentError(`'${name}' is no name of a ${kind}: it has letters, digits and . _ -`);
    }
    const version = reference.version ?? this.newestVersion(kind, name);
    for (const directory of this.directories) {
      const folder = join(directory, kind, name, version ?? '');
      if (version === undefined || !isFolder(folder)) continue;
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
    ].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  }

  private newestVersion(kind: ComponentKind, name: string): string | undefined {
    return this.versions(kind, name).at(-1);
  }

  private describeAbsence(kind: ComponentKind, name: string, version: string | undefined): string {
    const where = this.directories.map((directory) => join(directory, kind, name, version ?? '*')).join(', ');
    const versions = this.versions(kind, name);
    const names = this.names(kind);
    let there = `there is no ${kind}`;
    if (versions.length > 0) there = `its versions there are ${versions.join(', ')}`;
    else if (names.length > 0) there = `the ${kind}s there are ${names.join(', ')}`;
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
    json = JSON.parse(readFileSync(file, 'utf8'));
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

/** What the digest of a component in a directory is: its package's as recorded when it was fetched, or a model file's own. */
async function checkDigest(component: LocalComponent, expected: string | undefined): Promise<void> {
  if (expected === undefined) return;
  const record = readPackageRecord(component.directory);
  let actual: string | undefined;
  if (record !== undefined) {
    actual = `sha256:${record.sha256}`;
  } else if (component.kind === 'model') {
    const hash = createHash('sha256');
    await pump(createReadStream(component.file), hash);
    actual = `sha256:${hash.digest('hex')}`;
  }
  if (actual !== expected) {
    throw new ComponentError(
      `${component.kind} '${component.name}' ${component.version} in ${component.directory} has digest ` +
        `${actual ?? 'unknown (it was not fetched as a package)'}, the document allows only ${expected}`,
    );
  }
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
