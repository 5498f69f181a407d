/**
 * Everything that can go wrong with a request, free of any transport. `kind` is the name of the gRPC status that says the
 * same; `runtime/grpc/calls/error-status.ts` maps it. docs/errors.md lists them (a test compares).
 */
export const ERROR_CATALOGUE = {
  MALFORMED_MESSAGE: { kind: 'INVALID_ARGUMENT', when: 'the bytes are no message of the service' },
  MALFORMED_TENSOR: {
    kind: 'INVALID_ARGUMENT',
    when: 'a TensorProto contradicts itself or has an unknown dtype',
  },
  INPUT_MISSING: { kind: 'INVALID_ARGUMENT', when: 'an input that the pipeline names was not sent' },
  INPUT_MISMATCH: {
    kind: 'INVALID_ARGUMENT',
    when: "an input's dtype, shape or values do not fit its format",
  },
  STEP_REFUSED: { kind: 'INVALID_ARGUMENT', when: 'a preprocessing step could not work on the data' },
  STEP_FAILED: {
    kind: 'INTERNAL',
    when: 'a postprocessing step failed, or a step of any kind in its own code',
  },
  STEP_TIMEOUT: { kind: 'DEADLINE_EXCEEDED', when: "a component's step did not return in time" },
  MODEL_REFUSED: { kind: 'INVALID_ARGUMENT', when: 'the model cannot take values of these sizes' },
  MODEL_FAILED: { kind: 'INTERNAL', when: 'the model run failed' },
  OUTPUT_MISMATCH: {
    kind: 'INTERNAL',
    when: 'the answer does not fit the service or the declared output format',
  },
  UNAUTHENTICATED: { kind: 'UNAUTHENTICATED', when: 'the call has no token, or one that is worth nothing' },
  PERMISSION_DENIED: { kind: 'PERMISSION_DENIED', when: "the call's token does not allow the pipeline" },
  PIPELINE_UNKNOWN: { kind: 'NOT_FOUND', when: 'no pipeline has the name in x-pipeline' },
  SERVICE_MISMATCH: { kind: 'FAILED_PRECONDITION', when: 'the pipeline is not served over this service' },
  QUEUE_FULL: { kind: 'RESOURCE_EXHAUSTED', when: "the pipeline's queue is full" },
  WAIT_EXCEEDED: {
    kind: 'RESOURCE_EXHAUSTED',
    when: 'the pipeline was full for as long as a request may wait to be let in',
  },
  CANCELS_EXCEEDED: {
    kind: 'RESOURCE_EXHAUSTED',
    when: 'the caller has cancelled too many calls on a connection that it shares',
  },
  DEADLINE_PASSED: { kind: 'DEADLINE_EXCEEDED', when: "the call's deadline passed before the model ran" },
  CANCELLED: { kind: 'CANCELLED', when: 'the client gave up' },
  DRAINING: { kind: 'UNAVAILABLE', when: 'the server is stopping' },
  WORKER_LOST: { kind: 'UNAVAILABLE', when: 'the worker thread that ran the request ended' },
  INTERNAL: { kind: 'INTERNAL', when: 'anything else; the cause is in the log' },
} as const satisfies Record<string, { kind: string; when: string }>;

export type ErrorCode = keyof typeof ERROR_CATALOGUE;
export type ErrorKind = (typeof ERROR_CATALOGUE)[ErrorCode]['kind'];

/**
 * Thrown when one request fails. The message is for the client: what was wrong, what was got, what is allowed.
 * `step` names the pipeline step, e.g. `preprocessing[1] vector-length`; `cause` stays in the log.
 */
export class InferenceError extends Error {
  override readonly name = 'InferenceError';
  readonly step?: string;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: { step?: string; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.step = options.step;
  }

  get kind(): ErrorKind {
    return ERROR_CATALOGUE[this.code].kind;
  }
}
