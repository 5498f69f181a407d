/**
 * Everything that the repository can answer other than what was asked for. docs/repository.md lists them (a test
 * compares); HTTP_STATUS says what each is on the wire.
 */
export const ERROR_CATALOGUE = {
  ALREADY_EXISTS: 'a component of that name (and version) is there already',
  COMPONENT_UNKNOWN: 'no component of that name (and version) is there',
  PACKAGE_ABSENT: 'the component has metadata but no package',
  ROUTE_UNKNOWN: 'there is nothing at that path',
  INVALID_REQUEST: 'the request does not fit its schema',
  NAME_MISMATCH: 'the body or the package names another component than the path',
  UPLOAD_BROKEN: 'the upload ended before its end, or is no multipart form',
  PACKAGE_REFUSED: 'the package is damaged, unsafe, or not what it says it is',
  DIGEST_MISMATCH: 'the bytes that arrived do not have the digest that was announced',
  SIGNATURE_MISMATCH: 'the signature is for another package than the one that is stored',
  VERSION_IMMUTABLE: 'the version has a package and packages are not replaced',
  CHANGED_MEANWHILE: 'somebody else changed the component at the same time',
  IMPORT_CONFLICT: 'the archive has components that are stored with other packages',
  TOO_LARGE: 'the body is larger than the limit',
  RANGE_OUTSIDE: 'the range asked for lies outside the package',
  UNAUTHENTICATED: 'no token, or one that is not known',
  FORBIDDEN: 'the token does not have the scope',
  READ_ONLY: 'the service does not take changes',
  RATE_LIMITED: 'too many requests from one address',
  STORE_FULL: 'the store has no space left',
  STORE_UNAVAILABLE: 'the store cannot be reached',
  STOPPING: 'the service is stopping',
  INTERNAL: 'anything else; the cause is in the log',
} as const satisfies Record<string, string>;

export type ErrorCode = keyof typeof ERROR_CATALOGUE;

/** What each error is in HTTP. */
export const HTTP_STATUS: Record<ErrorCode, number> = {
  ALREADY_EXISTS: 400,
  COMPONENT_UNKNOWN: 404,
  PACKAGE_ABSENT: 404,
  ROUTE_UNKNOWN: 404,
  INVALID_REQUEST: 422,
  NAME_MISMATCH: 422,
  UPLOAD_BROKEN: 400,
  PACKAGE_REFUSED: 422,
  DIGEST_MISMATCH: 422,
  SIGNATURE_MISMATCH: 409,
  VERSION_IMMUTABLE: 409,
  CHANGED_MEANWHILE: 409,
  IMPORT_CONFLICT: 409,
  TOO_LARGE: 413,
  RANGE_OUTSIDE: 416,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  READ_ONLY: 403,
  RATE_LIMITED: 429,
  STORE_FULL: 503,
  STORE_UNAVAILABLE: 503,
  STOPPING: 503,
  INTERNAL: 500,
};

/**
 * Thrown when a request cannot be done. The message goes to the client as `detail`: one sentence of what was wrong, what
 * was got and what is allowed. `cause` stays in the log.
 */
export class RepositoryError extends Error {
  override readonly name = 'RepositoryError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: { cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
  }

  get status(): number {
    return HTTP_STATUS[this.code];
  }
}

/** The `code` of a system or library error, or nothing. */
export function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : undefined;
}
