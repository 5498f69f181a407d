import { randomUUID } from 'node:crypto';
import { mkdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type ComponentKind } from '../../contracts/package/component-manifest';
import { ComponentError } from '../../contracts/package/component-error';
import { newestRelease } from '../../contracts/package/version-order';
import { ZipArchive } from '../../contracts/package/zip-archive';
import { messageOf } from '../../contracts/program/problem';
import { digestOfFile, downloadPackage, sync, type DownloadedPackage } from './download-package';
import { IncomingFolder } from './incoming-folder';
import { AbsentComponentError, LATEST, type ComponentReference } from './local-components';
import { isZip, readPackageManifest } from './package-file';
import {
  BARE_MODEL,
  digestsInZip,
  KEPT_PACKAGE,
  KeptPackageError,
  readPackageRecord,
  UNPACKED_LIMITS,
  verifyKept,
  writePackageRecord,
  type PackageRecord,
} from './package-record';
import { type RemoteComponent, type RepositoryClient } from './repository-client';
import { RepositoryClientError } from './repository-client-error';

export { LATEST } from './local-components';

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 5_000;

export interface FetcherLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** How a fetch ended: a package came, the repository or this runtime refused it, or the repository was away. */
export type FetchOutcome = 'fetched' | 'refused' | 'failed';

export interface ComponentFetcherOptions {
  /**
   * Milliseconds from now on in which a fetch may wait for a repository that is away, if it asks for that; default 0. It is
   * counted once, for all fetches of a start.
   */
  readonly waitMs?: number;
  /** Called at the end of each fetch that was more than a look at what is kept. */
  readonly onOutcome?: (kind: ComponentKind, outcome: FetchOutcome) => void;
}

/**
 * Brings components from a repository into a local directory, where they stay. A folder appears whole or not at all, and
 * several processes may fetch into one directory.
 */
export class ComponentFetcher {
  private readonly waitUntilMs: number;

  constructor(
    readonly client: RepositoryClient,
    /** Where components are kept: `<directory>/<kind>/<name>/<version>/`. */
    readonly directory: string,
    private readonly log: FetcherLog,
    private readonly options: ComponentFetcherOptions = {},
  ) {
    this.waitUntilMs = performance.now() + (options.waitMs ?? 0);
  }

  /**
   * Fetches the component, unless its folder holds that package already; resolves to its version.
   * @param wait whether to wait for a repository that is away, within `waitMs`
   * @throws ComponentError, RepositoryClientError
   */
  async fetch(
    kind: ComponentKind,
    reference: ComponentReference,
    { wait = false }: { readonly wait?: boolean } = {},
  ): Promise<string> {
    try {
      return await this.patiently(wait, () => this.fetchOnce(kind, reference));
    } catch (error) {
      this.options.onOutcome?.(kind, isAway(error) ? 'failed' : 'refused');
      throw error;
    }
  }

  /** Removes what fetches of processes that were ended have left, unless it was resumed. */
  async sweep(): Promise<void> {
    const folders = await IncomingFolder.sweep(this.directory);
    if (folders > 0)
      this.log.info({ directory: this.directory, folders }, 'leftovers of broken fetches removed');
  }

  private async patiently<T>(wait: boolean, task: () => Promise<T>): Promise<T> {
    for (let waitMs = FIRST_WAIT_MS, isFirst = true; ; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
      try {
        return await task();
      } catch (error) {
        const leftMs = this.waitUntilMs - performance.now();
        if (!wait || !isAway(error) || leftMs <= 0) throw error;
        if (isFirst) {
          const fields = {
            repository: this.client.url,
            reason: messageOf(error),
            longestMs: Math.round(leftMs),
          };
          this.log.warn(fields, 'repository cannot be reached; waiting for it');
        }
        isFirst = false;
        await pause(Math.min(waitMs, leftMs));
      }
    }
  }

  private async fetchOnce(kind: ComponentKind, reference: ComponentReference): Promise<string> {
    const found = await this.look(kind, reference);
    const sha256 = expectedDigest(kind, reference, found);
    const version = found.model_version ?? found.package_version ?? undefined;
    if (sha256 !== undefined && version !== undefined) {
      const target = join(this.directory, kind, reference.name, version);
      if (await this.isKept(kind, target, { sha256, signature: found.signature })) return version;
    }
    const incoming = await IncomingFolder.open(this.directory, sha256);
    try {
      const fetched = await this.receive(kind, reference, found, sha256, incoming);
      await incoming.remove();
      this.options.onOutcome?.(kind, 'fetched');
      return fetched;
    } catch (error) {
      await (isAway(error) ? incoming.leave(sha256) : incoming.remove());
      throw error;
    }
  }

  private async receive(
    kind: ComponentKind,
    reference: ComponentReference,
    found: RemoteComponent,
    sha256: string | undefined,
    incoming: IncomingFolder,
  ): Promise<string> {
    const package_ = join(incoming.path, 'package');
    const remote = { kind, name: reference.name, version: found.model_version };
    // A process that was ended while it unpacked has left the whole package.
    const left = await digestOfFile(package_).catch(() => undefined);
    const downloaded =
      left !== undefined && left.sha256 === sha256
        ? left
        : await downloadPackage(this.client, remote, package_, {
            sha256,
            partial: `${package_}.partial`,
            onRetry: (reason, receivedBytes) =>
              this.log.warn(
                { ...remote, reason, receivedBytes },
                'download broke off; it goes on where it was',
              ),
          });
    const content = join(incoming.path, `content-${randomUUID()}`);
    const { version, files } = await this.unpack(kind, reference, found, package_, content, downloaded);
    const record: PackageRecord = {
      ...downloaded,
      repository: this.client.url,
      signature: found.signature,
      signer: found.signer,
      files,
    };
    await writePackageRecord(content, record);
    for (const folder of foldersOf(files)) await sync(join(content, folder));
    await this.place(kind, content, record, join(this.directory, kind, reference.name, version), incoming);
    const { repository } = record;
    this.log.info({ ...remote, version, ...downloaded, repository }, 'component fetched');
    return version;
  }

  /** Whether a folder holds this package with this signature, undamaged. */
  private async isKept(
    kind: ComponentKind,
    folder: string,
    wanted: Pick<PackageRecord, 'sha256' | 'signature'>,
  ): Promise<boolean> {
    try {
      const kept = readPackageRecord(folder);
      if (kept?.sha256 !== wanted.sha256) return false;
      if ((kept.signature ?? null) !== (wanted.signature ?? null)) return false;
      await verifyKept(kind, folder, kept);
      return true;
    } catch (error) {
      if (!(error instanceof KeptPackageError)) throw error;
      this.log.warn({ folder, reason: error.message }, 'kept component is damaged; it is fetched again');
      return false;
    }
  }

  private async look(kind: ComponentKind, { name, version }: ComponentReference): Promise<RemoteComponent> {
    const found =
      kind === 'model' && (version === undefined || version === LATEST)
        ? await this.newest(name)
        : await this.client.find({ kind, name, version });
    if (found === undefined) throw new AbsentComponentError(await this.describeAbsence(kind, name, version));
    if (found.opaque === true) {
      throw new ComponentError(
        `${kind} '${name}' in ${this.client.url} is a package of another runtime, which this one does not run`,
      );
    }
    if (found.sha256 === null) {
      throw new ComponentError(
        `${kind} '${name}' in ${this.client.url} has no package yet; upload one (mis push)`,
      );
    }
    return found;
  }

  /** The newest release of a model that has a package. @throws ComponentError when there are prereleases only. */
  private async newest(name: string): Promise<RemoteComponent | undefined> {
    const models = (await this.client.list('model', { name })).filter(
      (model) => model.model_name === name && model.model_version !== undefined && model.sha256 !== null,
    );
    const versions = models.map((model) => model.model_version as string);
    const newest = newestRelease(versions);
    if (newest === undefined && versions.length > 0) {
      throw new ComponentError(
        `model '${name}' in ${this.client.url} has no release, and a prerelease is taken only by name: ${versions.join(', ')}`,
      );
    }
    return models.find((model) => model.model_version === newest);
  }

  private async describeAbsence(
    kind: ComponentKind,
    name: string,
    version: string | undefined,
  ): Promise<string> {
    const all = await this.client.list(kind);
    const versions = all.filter((item) => item.model_name === name).map((item) => item.model_version);
    const names = [...new Set(all.map((item) => item.model_name ?? item.id))].sort();
    const there =
      versions.length > 0
        ? `its versions there are ${versions.join(', ')}`
        : `there are ${names.join(', ') || 'none'}`;
    return `${kind} '${name}'${version === undefined ? '' : ` ${version}`} is not in repository ${this.client.url}; ${there}`;
  }

  /** Puts what the package holds into `content`; resolves to the component's version and the digests of its files. */
  private async unpack(
    kind: ComponentKind,
    { name, version }: ComponentReference,
    { model_version: modelVersion }: RemoteComponent,
    package_: string,
    content: string,
    { sha256 }: DownloadedPackage,
  ): Promise<{ version: string; files: Record<string, string> }> {
    await mkdir(content, { recursive: true });
    if (!(await isZip(package_))) {
      if (kind !== 'model' || modelVersion === undefined) {
        throw new ComponentError(`the package of ${kind} '${name}' is no zip with a component.json`);
      }
      await rename(package_, join(content, BARE_MODEL));
      return { version: modelVersion, files: { [BARE_MODEL]: sha256 } };
    }
    const manifest = await readPackageManifest(package_);
    if (manifest === undefined)
      throw new ComponentError(`the package of ${kind} '${name}' has no component.json`);
    const wanted = modelVersion ?? (version === LATEST ? undefined : version) ?? manifest.version;
    if (manifest.kind !== kind || (manifest.name ?? manifest.id) !== name || manifest.version !== wanted) {
      throw new ComponentError(
        `the package says that it is ${manifest.kind} '${manifest.name ?? manifest.id}' ${manifest.version}, ` +
          `wanted is ${kind} '${name}' ${wanted}`,
      );
    }
    const zip = await ZipArchive.open(package_, UNPACKED_LIMITS);
    try {
      for (const entry of zip.names) await sync(await zip.extract(entry, content));
    } finally {
      zip.close();
    }
    const files = Object.fromEntries(await digestsInZip(package_));
    // Code runs by its package's digest or signature, so the package stays to be compared with. A model would take twice the disk.
    if (kind !== 'model') await rename(package_, join(content, KEPT_PACKAGE));
    return { version: manifest.version, files };
  }

  /** Gives the finished folder its name and removes the previous one. Files of it that are open stay readable. */
  private async place(
    kind: ComponentKind,
    content: string,
    record: PackageRecord,
    target: string,
    incoming: IncomingFolder,
  ): Promise<void> {
    await mkdir(dirname(target), { recursive: true });
    for (let attempt = 0; ; attempt += 1) {
      try {
        await rename(content, target);
        await sync(dirname(target));
        return;
      } catch (error) {
        // Another process has fetched the same meanwhile, or another package under this name is replaced.
        const { code } = error as NodeJS.ErrnoException;
        if ((code !== 'ENOTEMPTY' && code !== 'EEXIST') || attempt >= 5) throw error;
        if (await this.isKept(kind, target, record)) return;
        await rename(target, join(incoming.path, `previous-${attempt}`)).catch(() => undefined);
      }
    }
  }
}

/** Whether the repository could not be reached or could not answer: a later try may have another result. */
function isAway(error: unknown): boolean {
  return error instanceof RepositoryClientError && error.isPassing;
}

/** Folders that hold the files, the root included. */
function foldersOf(files: Readonly<Record<string, string>>): Set<string> {
  const folders = new Set(['']);
  for (const path of Object.keys(files)) {
    for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) folders.add(folder);
  }
  return folders;
}

/** The digest that is to arrive: the pinned one, or else what the repository says. */
function expectedDigest(
  kind: ComponentKind,
  { name, digest }: ComponentReference,
  { sha256 }: RemoteComponent,
): string | undefined {
  const pinned = digest?.replace(/^sha256:/, '');
  if (pinned !== undefined && typeof sha256 === 'string' && sha256 !== pinned) {
    throw new ComponentError(
      `${kind} '${name}' has digest sha256:${sha256} in the repository, the document allows only ${digest}`,
    );
  }
  return pinned ?? sha256 ?? undefined;
}
