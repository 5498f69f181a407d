import { z } from 'zod';
import { sha256Schema } from './listed-package';
import { text } from './text';

const flag = z
  .enum(['true', 'false', '1', '0'])
  .transform((value) => value === 'true' || value === '1')
  .optional();

/** Query of a list. Without any of it, a list is everything; other parameters have no effect. */
export const listingQuerySchema = z.object({
  name: text.optional().describe('Only components of this name or id'),
  version: text.optional().describe('Only this version'),
  q: z.string().max(256).optional().describe('Only those with this text in name or description, in any case'),
  library: text.optional().describe('Only those of this library'),
  stored: flag.describe('Only those that have a package, or have none'),
  opaque: flag.describe('Only those whose package is of another runtime, or is not'),
  signer: z.string().optional().describe('Only those signed by this key'),
  sha256: sha256Schema.optional().describe('Only those with this package'),
  limit: z.coerce
    .number<string>()
    .int()
    .min(1)
    .max(1000)
    .optional()
    .describe('Most components in one answer'),
  after: z.string().max(1024).optional().describe('Where to go on: from the link to the next page'),
});
export type ListingQuery = z.output<typeof listingQuerySchema>;
