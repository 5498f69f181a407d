import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { type Problem } from '../../contracts/program/problem';
import { parseWith } from '../../contracts/program/schema-problems';
import {
  admissionSchema,
  inferencerSettingsSchema,
  type BatchingDocument,
  type PipelineDocument,
} from './pipeline-document';

const { workers, ...batching } = inferencerSettingsSchema.shape;
const admission = admissionSchema.shape;

/** What may change while a pipeline serves, under the keys that it has in the document. What is left out stays. */
const settingsSchema = z
  .strictObject({
    inferencer: z.strictObject({ workers, batching: z.strictObject(batching) }).partial(),
    admission: z
      .strictObject({
        maxRequests: admission.maxRequests.removeDefault(),
        maxBytes: admission.maxBytes.removeDefault(),
        maxWaitMs: admission.maxWaitMs.removeDefault(),
      })
      .partial(),
  })
  .partial();

export type PipelineSettings = z.output<typeof settingsSchema>;

/** The settings, or one problem for each that is wrong. */
export function parseSettings(
  input: unknown,
): { readonly value: PipelineSettings } | { readonly problems: readonly Problem[] } {
  return parseWith(settingsSchema, input);
}

/** The document with other settings. */
export function withSettings(document: PipelineDocument, settings: PipelineSettings): PipelineDocument {
  const { inferencer, admission: admitted } = document;
  const { workers: count, batching: changed } = settings.inferencer ?? {};
  return {
    ...document,
    inferencer: {
      ...inferencer,
      ...(count !== undefined && { workers: count }),
      ...(inferencer.batching !== false && { batching: { ...inferencer.batching, ...defined(changed) } }),
    },
    admission: { ...admitted, ...defined(settings.admission) },
  };
}

/** The settings in which `after` differs from `before`; `undefined` when it differs in something else, too. */
export function settingsBetween(
  before: PipelineDocument,
  after: PipelineDocument,
): PipelineSettings | undefined {
  const { batching: from } = before.inferencer;
  const { batching: to } = after.inferencer;
  const settings: PipelineSettings = {
    inferencer: {
      workers: after.inferencer.workers ?? 1,
      ...(from !== false && to !== false && { batching: limitsOf(to) }),
    },
    admission: after.admission,
  };
  if (!isDeepStrictEqual(plain(withSettings(before, settings)), plain(after))) return undefined;
  return settings;
}

/** What may change of batching while a model serves. */
export function limitsOf({
  maxBatchSize,
  maxQueueDelayMs,
  maxQueueSize,
}: BatchingDocument): Pick<BatchingDocument, 'maxBatchSize' | 'maxQueueDelayMs' | 'maxQueueSize'> {
  return { maxBatchSize, maxQueueDelayMs, maxQueueSize };
}

/** Without the difference between what is left out and what is `undefined`, and between one worker and the default. */
function plain(document: PipelineDocument): unknown {
  const { inferencer } = document;
  const whole = { ...document, inferencer: { ...inferencer, workers: inferencer.workers ?? 1 } };
  return JSON.parse(JSON.stringify(whole)) as unknown;
}

function defined<T extends object>(changes: T | undefined): Partial<T> {
  const given = Object.entries(changes ?? {}).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as Partial<T>;
}
