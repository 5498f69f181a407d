import { z } from 'zod';
import { COMPONENT_KINDS } from './component-key';

/** What can happen to a component. `stored` is a new package, `described` new metadata. */
export const CHANGE_TYPES = ['created', 'stored', 'described', 'signed', 'deleted'] as const;
export type ChangeType = (typeof CHANGE_TYPES)[number];

/** One entry of the change feed; consumers look the component up, so a repeated entry does no harm. */
export const changeSchema = z.object({
  sequence: z.number().describe('Position in the feed, and the id of the event'),
  type: z.enum(CHANGE_TYPES),
  kind: z.enum(COMPONENT_KINDS),
  name: z.string(),
  version: z.string(),
  sha256: z.string().nullable(),
  at: z.string(),
});
export type Change = z.output<typeof changeSchema>;

/** Query of `GET /events`; the header Last-Event-ID goes before it. */
export const eventsQuerySchema = z.object({
  after: z.coerce
    .number<string>()
    .int()
    .min(0)
    .optional()
    .describe('Position to go on after; 0 is the oldest entry kept; default: only what is new'),
});
