import { z } from 'zod';
import { parseDurationMs } from '../values/duration';
import { messageOf } from '../program/problem';

/** A duration such as `500ms` or `3m` in a document; milliseconds in the program. */
export function duration(leastMs: number, mostMs = 24 * 3_600_000): z.ZodType<number, string> {
  return z.string().transform((text, context) => {
    const problem = (message: string): never => {
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    };
    let ms: number;
    try {
      ms = parseDurationMs(text);
    } catch (error) {
      return problem(messageOf(error));
    }
    if (ms < leastMs || ms > mostMs) {
      return problem(`must be from ${leastMs} ms to ${mostMs} ms, got '${text}'`);
    }
    return ms;
  });
}
