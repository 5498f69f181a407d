import { type ComponentKind } from '../../contracts/package/component-manifest';
import { LATEST, type ComponentFetcher } from './component-fetcher';
import {
  AbsentComponentError,
  LocalComponents,
  type ComponentReference,
  type LocalComponent,
} from './local-components';
import { KeptPackageError, readPackageRecord, signatureOf } from './package-record';
import { RepositoryClientError } from './repository-client-error';
import { type TrustedKeys } from './trust/verify';

export interface ComponentSourceOptions {
  /** Local directories, the first that has a component wins. */
  readonly directories: readonly string[];
  /** Where to look next; what it fetches lies in its own directory, which is searched last. */
  readonly fetcher?: ComponentFetcher;
  readonly trustedKeys: TrustedKeys;
}

/**
 * Where a pipeline's components come from: local directories first, then the repository. Code that came from the network is
 * handed out only when its digest is pinned in the document or a trusted key has signed it.
 */
export class ComponentSource {
  private readonly local: LocalComponents;

  constructor(private readonly options: ComponentSourceOptions) {
    const { directories, fetcher } = options;
    const kept = fetcher === undefined || directories.includes(fetcher.directory) ? [] : [fetcher.directory];
    this.local = new LocalComponents([...directories, ...kept]);
  }

  /** Names of the local components of a kind, for messages. */
  names(kind: ComponentKind): string[] {
    return this.local.names(kind);
  }

  /** @throws ComponentError with what is wrong and what to do. */
  async find(kind: ComponentKind, reference: ComponentReference): Promise<LocalComponent> {
    const component = await this.locate(kind, reference);
    this.requireTrust(component, reference);
    return component;
  }

  private async locate(kind: ComponentKind, reference: ComponentReference): Promise<LocalComponent> {
    const { fetcher } = this.options;
    if (fetcher === undefined) return this.local.find(kind, reference);
    if (reference.version === LATEST) {
      // Which version is the newest, only the repository knows; while it is away the newest here is taken.
      try {
        return await this.fetch(fetcher, kind, reference, false);
      } catch (error) {
        if (!(error instanceof RepositoryClientError)) throw error;
      }
    }
    try {
      return await this.local.find(kind, reference);
    } catch (error) {
      const isFetchedAgain = error instanceof AbsentComponentError || error instanceof KeptPackageError;
      if (!isFetchedAgain) throw error;
      try {
        return await this.fetch(fetcher, kind, reference, true);
      } catch (reason) {
        if (!(reason instanceof RepositoryClientError)) throw reason;
        throw new AbsentComponentError(`${error.message}; ${reason.message}`);
      }
    }
  }

  private async fetch(
    fetcher: ComponentFetcher,
    kind: ComponentKind,
    reference: ComponentReference,
    wait: boolean,
  ): Promise<LocalComponent> {
    const version = await fetcher.fetch(kind, reference, { wait });
    return this.local.find(kind, { ...reference, version });
  }

  private requireTrust(component: LocalComponent, { digest }: ComponentReference): void {
    const record = readPackageRecord(component.directory);
    // What somebody put there by hand is theirs to trust; a pinned digest has been compared when it was found.
    if (record === undefined || digest !== undefined) return;
    const signature = signatureOf(record);
    const { kind, name, version } = component;
    const { trustedKeys } = this.options;
    // A model is data. One that a trusted key is said to have signed must be what was signed, all the same.
    if (kind === 'model' && !(signature !== undefined && trustedKeys.keyIds.includes(signature.signer)))
      return;
    trustedKeys.verify({ kind, name, version, sha256: record.sha256 }, signature);
  }
}
