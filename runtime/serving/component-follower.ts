import { LATEST, type ComponentFetcher } from '../components/component-fetcher';
import { type ComponentReference } from '../components/local-components';
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

/**
 * For pipelines that say `reload: follow`: fetches a component of theirs when the repository's change feed tells of a new
 * package. The folder that changes then is seen by the reloader, which checks and swaps the pipeline as it does a document.
 */
export class ComponentFollower {
  private readonly end = new AbortController();
  private following: Promise<void> | undefined;

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
  }

  private async follow(): Promise<void> {
    for await (const event of this.fetcher.client.events({ signal: this.end.signal })) {
      const change = event.kind === 'change' ? event.change : undefined;
      // After a gap in the feed anything may have changed; fetching what is there already costs one question.
      if (change !== undefined && change.type !== 'stored' && change.type !== 'signed') continue;
      for (const component of this.followed()) {
        const concerned =
          change === undefined ||
          (change.kind === component.kind &&
            change.name === component.name &&
            isVersion(component, change.version));
        if (concerned) await this.refresh(component);
      }
    }
  }

  private async refresh({ kind, ...reference }: FollowedComponent): Promise<void> {
    try {
      await this.fetcher.fetch(kind, reference);
    } catch (error) {
      this.log.error({ kind, ...reference, reason: messageOf(error) }, 'changed component was not fetched');
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
