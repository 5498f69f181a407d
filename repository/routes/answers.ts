import { z } from 'zod';
import { errorBodySchema, validationErrorBodySchema } from '../../contracts/repository/problem';

/** Body of an answer that says only that it was done. */
export const nothing = z.null().describe('Done');

/**
 * The answers of a route, for the documentation: what it gives, and which errors it may give beside those of every route.
 * Answers are built from types of the same schemas, so they are not checked a second time on their way out.
 */
export function answers(success: Readonly<Record<number, z.ZodType>>, ...errors: number[]): unknown {
  return {
    ...success,
    ...Object.fromEntries(
      errors.map((status) => [status, status === 422 ? validationErrorBodySchema : errorBodySchema]),
    ),
  };
}
