import { type z } from 'zod';
import { type ValidationProblem } from './problem';

type Issue = z.core.$ZodIssue;
/** Where in a request a value came from, in the words of the contract. */
export type RequestPart = 'body' | 'query' | 'path';

/** Thrown when a request does not fit its schema: answered 422 with every problem, as existing clients know it. */
export class InvalidRequest extends Error {
  override readonly name = 'InvalidRequest';

  constructor(readonly problems: readonly ValidationProblem[]) {
    super(problems.map(({ loc, msg }) => `${loc.join('.')}: ${msg}`).join('; '));
  }

  static fromIssues(part: RequestPart, issues: readonly Issue[]): InvalidRequest {
    return new InvalidRequest(
      issues.map((issue) => ({
        loc: [part, ...issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))],
        ...sayIssue(issue),
      })),
    );
  }
}

function sayIssue(issue: Issue): { msg: string; type: string } {
  const { code, message } = issue;
  if (message === 'field required' || message.endsWith('received undefined')) {
    return { msg: 'field required', type: 'value_error.missing' };
  }
  if (code === 'invalid_union') return { msg: message, type: 'type_error.str' };
  if (issue.code === 'invalid_type') return { msg: message, type: `type_error.${issue.expected}` };
  return { msg: message, type: `value_error.${code}` };
}
