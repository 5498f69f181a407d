import { type Change } from '../../../contracts/repository/change';
import { type ComponentStore } from '../../store/component-store';

const PAGE = 100;

export interface ChangeFeedOptions {
  /** Position to go on after. */
  readonly after: number;
  /** Milliseconds without a change after which a sign of life is given. */
  readonly heartbeatMs: number;
  readonly signal: AbortSignal;
}

/** What a feed gives: a change, a notice that entries before `oldest` are no longer kept, or a sign of life. */
export type FeedItem =
  | { readonly kind: 'change'; readonly change: Change }
  | { readonly kind: 'gap'; readonly last: number }
  | { readonly kind: 'alive' };

/** Changes in their order, first those that are there, then each as it comes, until the signal. */
export async function* changeFeed(
  store: ComponentStore,
  { after, heartbeatMs, signal }: ChangeFeedOptions,
): AsyncGenerator<FeedItem> {
  let position = after;
  let changed = false;
  let wake: (() => void) | undefined;
  const notify = () => {
    changed = true;
    wake?.();
  };
  const unwatch = store.watch(notify);
  signal.addEventListener('abort', notify);
  try {
    while (!signal.aborted) {
      changed = false;
      const page = await store.changes(position, PAGE);
      // a position from before the entries kept, or from another store's feed: the client has to look at the lists
      if (position + 1 < page.oldest || position > page.last) {
        position = page.last;
        yield { kind: 'gap', last: page.last };
        continue;
      }
      for (const change of page.changes) {
        position = change.sequence;
        yield { kind: 'change', change };
      }
      if (page.changes.length === PAGE || changed) continue;
      const woken = await new Promise<boolean>((resolve) => {
        const timer = setTimeout(() => resolve(false), heartbeatMs);
        wake = () => {
          clearTimeout(timer);
          resolve(true);
        };
      });
      wake = undefined;
      if (!woken) yield { kind: 'alive' };
    }
  } finally {
    unwatch();
    signal.removeEventListener('abort', notify);
  }
}
