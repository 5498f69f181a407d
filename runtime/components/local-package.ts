import { existsSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { type ComponentKind, type ComponentManifest } from '../../contracts/package/component-manifest';
import { ComponentError } from '../../contracts/package/component-error';
import { digestOfFile } from './download-package';
import { packDirectory, readPackageManifest } from './package-file';
import { type ComponentIdentity } from '../../contracts/package/component-identity';

/** What a person says of a package that does not say it itself. */
export interface PackageNaming {
  readonly kind: ComponentKind;
  readonly name?: string;
  readonly version?: string;
}

/** A package that lies on this machine, ready to be signed or sent. */
export interface LocalPackage {
  readonly file: string;
  readonly fileName: string;
  readonly size: number;
  readonly identity: ComponentIdentity;
  readonly manifest: ComponentManifest | undefined;
}

/**
 * Opens a file, or a directory that is packed first, and says what it is: by its component.json, and by what the caller
 * says where it has none. What was packed is removed after `use`.
 * @throws ComponentError when it is absent, has no name (a model: no version), or says that it is something else.
 */
export async function withLocalPackage<T>(
  path: string,
  naming: PackageNaming,
  use: (local: LocalPackage) => Promise<T>,
): Promise<T> {
  if (!existsSync(path)) throw new ComponentError(`${path}: no such file or directory`);
  if (!(await stat(path)).isDirectory()) return use(await openPackage(path, naming));
  const folder = await mkdtemp(join(tmpdir(), 'mis-package-'));
  try {
    const file = join(folder, `${basename(resolve(path))}.zip`);
    await packDirectory(path, file);
    return await use(await openPackage(file, naming));
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function openPackage(file: string, naming: PackageNaming): Promise<LocalPackage> {
  const manifest = await readPackageManifest(file);
  const { kind } = naming;
  const name = agree(file, 'name', naming.name, manifest && (manifest.name ?? manifest.id));
  const version = agree(file, 'version', naming.version, manifest?.version);
  if (manifest && manifest.kind !== kind) {
    throw new ComponentError(`${file} is a ${manifest.kind}, not a ${kind}: its component.json says so`);
  }
  if (name === undefined) throw new ComponentError(`${file} does not say its name: give --name`);
  if (kind === 'model' && version === undefined) {
    throw new ComponentError(`${file} does not say its version: give --version`);
  }
  if (kind !== 'model' && manifest === undefined && naming.version !== undefined) {
    throw new ComponentError(`${file} has no component.json, and only that can give a ${kind} a version`);
  }
  const { sha256, size } = await digestOfFile(file);
  const identity = { kind, name, version: version ?? '', sha256 };
  return { file, fileName: basename(file), size, identity, manifest };
}

function agree(
  file: string,
  what: string,
  said: string | undefined,
  found: string | undefined,
): string | undefined {
  if (said !== undefined && found !== undefined && said !== found) {
    throw new ComponentError(
      `${file} has the ${what} '${found}' in its component.json, --${what} says '${said}'`,
    );
  }
  return found ?? said;
}
