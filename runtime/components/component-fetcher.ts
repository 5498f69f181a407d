import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type ComponentKind } from '../../contracts/package/component-manifest';
import { ComponentError } from '../../contracts/package/component-error';
import { downloadPackage } from './download-package';
import { isZip, readPackageManifest } from './package-file';
import { readPackageRecord, writePackageRecord, type PackageRecord } from './package-record';
import { type RemoteComponent, type RepositoryClient } from './repository-client';
import { type ComponentReference } from './local-components';
import { PACKAGE_LIMITS, ZipArchive } from '../../contracts/package/zip-archive';

/** What a package may unpack to on this machine: twice what a large model takes. */
const LIMITS = { ...PACKAGE_LIMITS, maxUnpackedBytes: 32 * 2 ** 30 };

export interface FetcherLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/**
 * Brings components from a repository into a local directory, where they stay. A folder appears whole or not at all, and
 * several processes may fetch into one directory.
 */
export class ComponentFetcher {
  constructor(
    readonly client: RepositoryClient,
    /** Where components are kept: `<directory>/<kind>/<name>/<version>/`. */
    readonly directory: string,
    private readonly log: FetcherLog,
  ) {}

  /**
   * Fetches the component, unless its folder holds that package already; resolves to its version.
   * @throws ComponentError, RepositoryClientError
   */
  async fetch(kind: ComponentKind, reference: ComponentReference): Promise<string> {
    const found = await this.look(kind, reference);
    const sha256 = expectedDigest(kind, reference, found);
    const known = this.folder(
      kind,
      reference.name,
      found.model_version ?? found.package_version ?? undefined,
    );
    const kept = known && readPackageRecord(known.path);
    if (known && kept && sha256 !== undefined && isSame(kept, { sha256, signature: found.signature })) {
      return known.version;
    }
    const incoming = join(this.directory, `.incoming-${randomUUID()}`);
    try {
      const package_ = join(incoming, 'package');
      const remote = { kind, name: reference.name, version: found.model_version };
      const downloaded = await downloadPackage(this.client, remote, package_, {
        sha256,
        onRetry: (reason, receivedBytes) =>
          this.log.warn({ ...remote, reason, receivedBytes }, 'download broke off; it goes on where it was'),
      });
      const content = join(incoming, 'content');
      const version = await this.unpack(kind, reference, found, package_, content);
      const record: PackageRecord = {
        ...downloaded,
        repository: this.client.url,
        signature: found.signature,
        signer: found.signer,
      };
      await writePackageRecord(content, record);
      await this.place(content, record, join(this.directory, kind, reference.name, version));
      this.log.info({ ...remote, version, ...downloaded, repository: this.client.url }, 'component fetched');
      return version;
    } finally {
      await rm(incoming, { recursive: true, force: true });
    }
  }

  private async look(kind: ComponentKind, { name, version }: ComponentReference): Promise<RemoteComponent> {
    const found =
      kind === 'model' && (version === undefined || version === LATEST)
        ? newest(await this.client.list(kind, { name }), name)
        : await this.client.find({ kind, name, version });
    if (found === undefined) throw new ComponentError(await this.describeAbsence(kind, name, version));
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

  private folder(
    kind: ComponentKind,
    name: string,
    version: string | undefined,
  ): { path: string; version: string } | undefined {
    return version === undefined ? undefined : { path: join(this.directory, kind, name, version), version };
  }

  /** Puts what the package holds into `content`; resolves to the component's version. */
  private async unpack(
    kind: ComponentKind,
    { name, version }: ComponentReference,
    { model_version: modelVersion }: RemoteComponent,
    package_: string,
    content: string,
  ): Promise<string> {
    await mkdir(content, { recursive: true });
    if (!(await isZip(package_))) {
      if (kind !== 'model' || modelVersion === undefined) {
        throw new ComponentError(`the package of ${kind} '${name}' is no zip with a component.json`);
      }
      await rename(package_, join(content, 'model.onnx'));
      return modelVersion;
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
    const zip = await ZipArchive.open(package_, LIMITS);
    try {
      for (const entry of zip.names) await zip.extract(entry, content);
    } finally {
      zip.close();
    }
    return manifest.version;
  }

  /** Gives the finished folder its name; what had it before goes. Whoever has opened files of it keeps them. */
  private async place(content: string, record: PackageRecord, target: string): Promise<void> {
    await mkdir(dirname(target), { recursive: true });
    for (let attempt = 0; ; attempt += 1) {
      try {
        await rename(content, target);
        return;
      } catch (error) {
        // Somebody has fetched the same at the same time; another package under this name is replaced.
        const { code } = error as NodeJS.ErrnoException;
        if ((code !== 'ENOTEMPTY' && code !== 'EEXIST') || attempt >= 5) throw error;
        const there = readPackageRecord(target);
        if (there !== undefined && isSame(there, record)) return;
        const old = join(this.directory, `.outgoing-${randomUUID()}`);
        await rename(target, old).catch(() => undefined);
        await rm(old, { recursive: true, force: true });
      }
    }
  }
}

/** Whether two folders come from the same package with the same signature. */
function isSame(
  a: Pick<PackageRecord, 'sha256' | 'signature'>,
  b: Pick<PackageRecord, 'sha256' | 'signature'>,
): boolean {
  return a.sha256 === b.sha256 && (a.signature ?? null) === (b.signature ?? null);
}

/** As a version: the newest that there is. */
export const LATEST = 'latest';

function newest(models: readonly RemoteComponent[], name: string): RemoteComponent | undefined {
  return models
    .filter((model) => model.model_name === name && model.sha256 !== null)
    .sort((a, b) => (a.model_version ?? '').localeCompare(b.model_version ?? '', 'en', { numeric: true }))
    .at(-1);
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
