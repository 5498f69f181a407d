import { type Problem } from '../../contracts/program/problem';
import { type InferencerDocument } from '../definition/pipeline-document';
import { limitsOf } from '../definition/settings';
import { type InferencerSettings } from '../inferencer/inferencer';

/** What a document says of the settings of its inferencer; the limits of batches are absent where batching is off. */
export function inferencerSettings({
  workers = 1,
  batching,
}: InferencerDocument): Pick<InferencerSettings, 'workers'> & Partial<InferencerSettings> {
  return { workers, ...(batching !== false && limitsOf(batching)) };
}

/** The settings that `after` has other than `before`. */
export function changesBetween(
  before: InferencerDocument,
  after: InferencerDocument,
): Partial<InferencerSettings> {
  const from: Partial<Record<string, number>> = inferencerSettings(before);
  const changed = Object.entries(inferencerSettings(after)).filter(([key, value]) => from[key] !== value);
  return Object.fromEntries(changed);
}

const PATHS: Readonly<Record<string, string>> = {
  maxBatchSize: 'inferencer.batching.maxBatchSize',
  maxQueueDelayMs: 'inferencer.batching.maxQueueDelayMs',
  maxQueueSize: 'inferencer.batching.maxQueueSize',
  workers: 'inferencer.workers',
};

/** A problem of an inferencer's setting, under the path that the setting has in a document. */
export function inDocument({ path, message }: Problem): Problem {
  return { path: PATHS[path] ?? path, message };
}
