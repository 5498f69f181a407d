const LONGEST_WAIT_MS = 30_000;

/** Thrown when a repository cannot be reached or says no. The message names the repository and what it said. */
export class RepositoryClientError extends Error {
  override readonly name = 'RepositoryClientError';
  /** HTTP status; undefined when there was no answer. */
  readonly status: number | undefined;
  /** Milliseconds that the repository asks to wait before another try. */
  readonly retryAfterMs: number;

  constructor(
    url: string,
    reason: string,
    options: { status?: number; cause?: unknown; retryAfterMs?: number } = {},
  ) {
    super(`repository ${url}: ${reason}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = options.status;
    this.retryAfterMs = options.retryAfterMs ?? 0;
  }

  /** The error of an answer with a status that means failure. */
  static async of(url: string, response: Response): Promise<RepositoryClientError> {
    const text = await response.text().catch(() => '');
    return new RepositoryClientError(url, detailOf(text) ?? `answered ${response.status}`, {
      status: response.status,
      retryAfterMs: retryAfterMs(response.headers.get('retry-after')),
    });
  }

  /** Whether another try may have another result. */
  get isPassing(): boolean {
    return this.status === undefined || this.status === 429 || this.status >= 500;
  }
}

/** Seconds, as repositories say them; dates are not waited for. */
function retryAfterMs(header: string | null): number {
  return header !== null && /^\d{1,4}$/.test(header) ? Math.min(Number(header) * 1000, LONGEST_WAIT_MS) : 0;
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
