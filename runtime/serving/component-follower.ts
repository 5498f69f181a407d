import { setTimeout as sleep } from 'node:timers/promises';
import { LATEST, type ComponentFetcher } from '../components/component-fetcher';
import { type ComponentReference } from '../components/local-components';
import { RepositoryClientError } from '../components/repository-client-error';
import { type ComponentKind } from '../../contracts/package/component-manifest';
import { modelsOf, stepsOf } from '../definition/document-parts';
import { type PipelineDocument } from '../definition/pipeline-document';
import { messageOf } from '../../contracts/program/problem';
import { type Logger } from '../../contracts/program/logger';
import { resolveBuiltIn } from '../transformations/built-in-step';
import { type PipelineRegistry } from './pipeline-registry';

interface FollowedComponent extends ComponentReference {
  readonly kind: ComponentKind;
}

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;

/**
 * For pipelines that say `reload: follow`: fetches a component of theirs when the repository's change feed names a new
 * package, and looks each of them up once after each connection to the feed, because packages may have been published while
 * there was none. The reloader sees the changed folder, checks the pipeline and swaps it as it does for a changed document.
 */
export class ComponentFollower {
  private readonly end = new AbortController();
  private following: Promise<void> | undefined;
  /** Components that are being looked up, and whether they have to be looked up again afterwards. */
  private readonly refreshing = new Map<string, { again: boolean; readonly done: Promise<void> }>();

  constructor(
    private readonly registry: PipelineRegistry,
    private readonly fetcher: ComponentFetcher,
    private readonly log: Logger,
  ) {}

  start(): void {
    if (this.followed().length > 0) this.following ??= this.follow();
  }

  async stop(): Promise<void> {
    this.end.abort();
    await this.following;
    await Promise.all([...this.refreshing.values()].map(({ done }) => done));
  }

  private async follow(): Promise<void> {
    const { url } = this.fetcher.client;
    const events = this.fetcher.client.events({
      signal: this.end.signal,
      onConnect: () => {
        this.log.info({ repository: url }, 'following the repository');
        this.refreshAll();
      },
      onBreak: (reason, waitMs) =>
        this.log.warn(
          { repository: url, reason: messageOf(reason), waitMs },
          'the change feed broke off; it is opened again',
        ),
    });
    for await (const event of events) {
      if (event.kind === 'reset') {
        this.refreshAll();
        continue;
      }
      const { type, kind, name, version } = event.change;
      if (type !== 'stored' && type !== 'signed') continue;
      for (const component of this.followed()) {
        if (kind === component.kind && name === component.name && isVersion(component, version)) {
          this.refresh(component);
        }
      }
    }
  }

  private refreshAll(): void {
    for (const component of this.followed()) this.refresh(component);
  }

  /** Looks a component up, after the look-up that is under way if there is one. */
  private refresh(component: FollowedComponent): void {
    const { kind, name, version = '' } = component;
    const key = `${kind}/${name}/${version}`;
    const current = this.refreshing.get(key);
    if (current !== undefined) {
      current.again = true;
      return;
    }
    const entry = {
      again: false,
      done: Promise.resolve().then(async () => {
        do {
          entry.again = false;
          await this.fetchUntilAnswered(component);
        } while (entry.again && !this.end.signal.aborted);
        this.refreshing.delete(key);
      }),
    };
    this.refreshing.set(key, entry);
  }

  /** Fetches a component; while the repository is away, again after a wait. */
  private async fetchUntilAnswered({ kind, ...reference }: FollowedComponent): Promise<void> {
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
      try {
        await this.fetcher.fetch(kind, reference);
        return;
      } catch (error) {
        if (this.end.signal.aborted) return;
        const isAway = error instanceof RepositoryClientError && error.isPassing;
        this.log.error(
          { kind, ...reference, reason: messageOf(error), ...(isAway && { waitMs }) },
          'changed component was not fetched',
        );
        if (!isAway) return;
        await pause(waitMs, this.end.signal);
        if (this.end.signal.aborted) return;
      }
    }
  }

  private followed(): FollowedComponent[] {
    return [...this.registry]
      .map(({ current }) => current.pipeline.document)
      .filter(({ reload }) => reload === 'follow')
      .flatMap((document) => componentsOf(document))
      .filter(({ digest }) => digest === undefined);
  }
}

/** The components that a document names, without those that are built in. */
function componentsOf(document: PipelineDocument): FollowedComponent[] {
  const models = [...modelsOf(document).values()].map((model) => model.document);
  const steps = stepsOf(document).map(({ step }) => step);
  return [
    ...models.map(({ name, version, digest }) => ({ kind: 'model' as const, name, version, digest })),
    ...steps
      .filter((step) => resolveBuiltIn(step) === undefined)
      .map(({ use, version, digest }) => ({
        kind: 'transformation' as const,
        name: use,
        version,
        digest,
      })),
  ];
}

function isVersion({ kind, version }: FollowedComponent, changed: string): boolean {
  return kind !== 'model' || version === undefined || version === LATEST || version === changed;
}

/** Waits, until the signal at the longest. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
}
