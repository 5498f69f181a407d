/** Thrown when a repository cannot be reached or says no. The message names the repository and what it said. */
export class RepositoryClientError extends Error {
  override readonly name = 'RepositoryClientError';
  /** HTTP status; undefined when there was no answer. */
  readonly status: number | undefined;

  constructor(url: string, reason: string, options: { status?: number; cause?: unknown } = {}) {
    super(`repository ${url}: ${reason}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = options.status;
  }

  /** The error that an answer tells of. */
  static async of(url: string, response: Response): Promise<RepositoryClientError> {
    const text = await response.text().catch(() => '');
    return new RepositoryClientError(url, detailOf(text) ?? `answered ${response.status}`, {
      status: response.status,
    });
  }

  /** Whether another try may be answered otherwise. */
  get isPassing(): boolean {
    return this.status === undefined || this.status === 429 || this.status >= 500;
  }
}

function detailOf(text: string): string | undefined {
  try {
    const { detail } = JSON.parse(text) as { detail?: unknown };
    if (typeof detail === 'string') return detail;
    if (!Array.isArray(detail)) return undefined;
    return (detail as { loc?: unknown[]; msg?: string }[])
      .map(({ loc = [], msg }) => `${loc.join('.')}: ${msg}`)
      .join('; ');
  } catch {
    return undefined;
  }
}
