import { z } from 'zod';

/** Body of every error but failed validation. */
export const errorBodySchema = z.object({ detail: z.string().describe('One sentence: what was wrong') });

/** Body of a request that does not fit its schema. */
export const validationErrorBodySchema = z.object({
  detail: z.array(
    z.object({
      loc: z.array(z.union([z.string(), z.number()])).describe('Where: body, query or path, then the way in'),
      msg: z.string(),
      type: z.string(),
    }),
  ),
});
export type ValidationProblem = z.output<typeof validationErrorBodySchema>['detail'][number];
