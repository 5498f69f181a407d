import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { type ListedModel } from '../../contracts/repository/model';
import { type ListedInferencer } from '../../contracts/repository/inferencer';
import { type ListedTransformation } from '../../contracts/repository/transformation';
import { type ComponentKind } from '../../contracts/package/component-manifest';
import { messageOf } from '../../contracts/program/problem';
import { openEventStream, type EventStreamOptions, type RepositoryEvent } from './repository-events';
import { RepositoryClientError } from './repository-client-error';
import { type ComponentSignature } from '../../contracts/package/component-identity';

/** Names a component in a repository. Only models have a version there. */
export interface RemoteReference {
  readonly kind: ComponentKind;
  readonly name: string;
  readonly version?: string;
}

/** Metadata as a repository lists it. A service of the published kind knows nothing of packages: sha256 and so on are absent. */
export type RemoteComponent = Partial<ListedModel & ListedTransformation & ListedInferencer>;

export interface RepositoryClientOptions {
  /** Bearer token. */
  readonly token?: string;
  /** Milliseconds in which an answer has to begin; default 30000. Packages may take longer. */
  readonly timeoutMs?: number;
  /** Tries in all of a question for metadata; default 4. */
  readonly attempts?: number;
  /** Milliseconds before the second try, doubled before each further one; default 250. */
  readonly firstWaitMs?: number;
}

export interface UploadOptions {
  /** Digest that the repository has to find, in hexadecimal. */
  readonly sha256?: string;
  readonly signature?: ComponentSignature;
  readonly fileName?: string;
}

export interface Download {
  readonly stream: Readable;
  /** First byte that comes; above 0 when the repository goes on where it was asked to. */
  readonly start: number;
  /** Bytes of the whole package, when the repository says so. */
  readonly size: number | undefined;
  /** Entity tag: what a later request for the rest has to name. */
  readonly tag: string | undefined;
}

/** Speaks with a component repository, ours or the published one. Methods reject with RepositoryClientError. */
export class RepositoryClient {
  readonly url: string;

  constructor(
    url: string,
    private readonly options: RepositoryClientOptions = {},
  ) {
    this.url = url.replace(/\/+$/, '');
  }

  /** All components of a kind that the filters let through; a repository that knows no filters gives all. */
  async list(
    kind: ComponentKind,
    filters: Readonly<Record<string, string>> = {},
  ): Promise<RemoteComponent[]> {
    const query = new URLSearchParams(filters).toString();
    const found = await this.read<RemoteComponent[]>(`/${kind}${query === '' ? '' : `?${query}`}`);
    return found ?? [];
  }

  /** Metadata of one component; undefined when it is not there. */
  async find(reference: RemoteReference): Promise<RemoteComponent | undefined> {
    const { kind, name, version = '' } = reference;
    if (kind !== 'model') return (await this.list(kind, { name })).find(({ id }) => id === name);
    const query = new URLSearchParams({ model_name: name, model_version: version });
    return this.read<RemoteComponent>(`/model/meta?${query.toString()}`);
  }

  /** Registers metadata; false when the component was there already, whose metadata is then left as it is. */
  async register(
    { kind, name, version }: RemoteReference,
    meta: Readonly<Record<string, unknown>>,
  ): Promise<boolean> {
    const body =
      kind === 'model' ? { model_name: name, model_version: version, meta } : { id: name, ...meta };
    const response = await this.call('POST', `/${kind}`, { json: body, allow: [400] });
    if (response.status === 400) {
      const error = await RepositoryClientError.of(this.url, response);
      if (!/already/.test(error.message)) throw error;
      return false;
    }
    await response.body?.cancel();
    return true;
  }

  async describe(reference: RemoteReference, meta: Readonly<Record<string, unknown>>): Promise<void> {
    const { kind, name } = reference;
    const body = kind === 'model' ? meta : { id: name, ...meta };
    await this.call('PUT', `/${kind}/meta/${pathOf(reference)}`, { json: body });
  }

  /** Sends a file as the package of a registered component, as a stream. */
  async upload(reference: RemoteReference, file: string, options: UploadOptions = {}): Promise<void> {
    const boundary = `mis-${randomUUID()}`;
    const head = Buffer.from(formHead(boundary, options));
    const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
    const { size } = await stat(file);
    const parts = async function* () {
      yield head;
      yield* createReadStream(file, { highWaterMark: 512 * 1024 }) as AsyncIterable<Buffer>;
      yield tail;
    };
    await this.call('PUT', `/${reference.kind}/${pathOf(reference)}`, {
      body: Readable.toWeb(Readable.from(parts(), { objectMode: false })),
      headers: {
        'content-type': `multipart/form-data; boundary=${boundary}`,
        'content-length': String(head.length + size + tail.length),
      },
      // a body takes as long as it takes
      timeoutMs: 0,
    });
  }

  /** The package from a byte on, where the repository can and it is still the one with `tag`; else from its beginning. */
  async download(
    reference: RemoteReference,
    from: { start: number; tag?: string } = { start: 0 },
  ): Promise<Download> {
    const headers: Record<string, string> = {};
    if (from.start > 0 && from.tag !== undefined) {
      headers.range = `bytes=${from.start}-`;
      headers['if-range'] = from.tag;
    }
    const response = await this.call('GET', `/${reference.kind}/${pathOf(reference)}`, { headers });
    if (!response.body) throw new RepositoryClientError(this.url, 'sent no package');
    const [, start, size] =
      /^bytes (\d+)-\d+\/(\d+)$/.exec(response.headers.get('content-range') ?? '') ?? [];
    const length = response.headers.get('content-length');
    return {
      stream: Readable.fromWeb(response.body),
      start: response.status === 206 ? Number(start) : 0,
      size: size === undefined ? (length === null ? undefined : Number(length)) : Number(size),
      tag: response.headers.get('etag') ?? undefined,
    };
  }

  /** Attaches a signature to the stored package with this digest. */
  async sign(reference: RemoteReference, sha256: string, signature: ComponentSignature): Promise<void> {
    await this.call('PUT', `/${reference.kind}/signature/${pathOf(reference)}`, {
      json: { sha256, ...signature },
    });
  }

  async delete(reference: RemoteReference): Promise<void> {
    await this.call('DELETE', `/${reference.kind}/${pathOf(reference)}`);
  }

  /**
   * Changes from now on, or after an event that was seen, until the signal. Connections that break are made again and go on
   * where they were.
   */
  events(options: EventStreamOptions): AsyncGenerator<RepositoryEvent> {
    const connect = (headers: Record<string, string>, signal: AbortSignal) =>
      this.call('GET', '/events', { headers, signal, timeoutMs: 0 });
    return openEventStream(connect, options);
  }

  /**
   * Metadata; undefined where there is none (404). A connection that breaks anywhere, also in the middle of the answer, is
   * made again after a wait.
   */
  private async read<T>(path: string): Promise<T | undefined> {
    const { attempts = 4, firstWaitMs = 250, timeoutMs = 30_000 } = this.options;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const response = await this.call('GET', path, { allow: [404] });
        const text = await bodyOf(response, timeoutMs).catch((error: unknown) => {
          throw new RepositoryClientError(this.url, `the answer broke off: ${reasonOf(error)}`, {
            cause: error,
          });
        });
        if (response.status === 404) return undefined;
        return this.parse<T>(text);
      } catch (error) {
        if (!(error instanceof RepositoryClientError) || !error.isPassing || attempt >= attempts) throw error;
        await pause(Math.max(firstWaitMs * 2 ** (attempt - 1), error.retryAfterMs));
      }
    }
  }

  private parse<T>(text: string): T {
    try {
      return JSON.parse(text) as T;
    } catch (error) {
      throw new RepositoryClientError(this.url, `sent no JSON: ${messageOf(error)}`, {
        status: 200,
        cause: error,
      });
    }
  }

  private async call(method: string, path: string, options: CallOptions = {}): Promise<Response> {
    const { json, body, allow = [], signal, timeoutMs = this.options.timeoutMs ?? 30_000 } = options;
    const headers: Record<string, string> = { ...options.headers };
    if (json !== undefined) headers['content-type'] = 'application/json';
    if (this.options.token !== undefined) headers.authorization = `Bearer ${this.options.token}`;
    const deadline = new AbortController();
    const timer = timeoutMs === 0 ? undefined : setTimeout(() => deadline.abort(), timeoutMs);
    try {
      const response = await fetch(`${this.url}${path}`, {
        method,
        headers,
        body: json === undefined ? body : JSON.stringify(json),
        signal: signal ? AbortSignal.any([signal, deadline.signal]) : deadline.signal,
        ...(body && { duplex: 'half' }),
      });
      if (response.ok || allow.includes(response.status)) return response;
      throw await RepositoryClientError.of(this.url, response);
    } catch (error) {
      if (error instanceof RepositoryClientError || signal?.aborted) throw error;
      const reason = deadline.signal.aborted ? `no answer in ${timeoutMs} ms` : reasonOf(error);
      throw new RepositoryClientError(this.url, `cannot be reached: ${reason}`, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }
}

interface CallOptions {
  readonly json?: unknown;
  readonly body?: RequestInit['body'];
  readonly headers?: Readonly<Record<string, string>>;
  /** Statuses beside 2xx that the caller knows what to do with. */
  readonly allow?: readonly number[];
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

function pathOf({ kind, name, version = '' }: RemoteReference): string {
  const parts = kind === 'model' ? [name, version] : [name];
  return parts.map(encodeURIComponent).join('/');
}

function formHead(boundary: string, { sha256, signature, fileName = 'package' }: UploadOptions): string {
  const fields = Object.entries({ sha256, ...signature }).filter(([, value]) => value !== undefined);
  const parts = fields.map(
    ([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  const safeName = fileName.replace(/["\r\n]/g, '_');
  const file = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${safeName}"\r\nContent-Type: application/octet-stream\r\n\r\n`;
  return [...parts, file].join('');
}

/** The whole body; a connection that stands still is given up. */
async function bodyOf(response: Response, timeoutMs: number): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`it did not end within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([response.text(), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** `fetch` says "fetch failed"; why, its cause says. */
function reasonOf(error: unknown): string {
  const cause = (error as { cause?: unknown } | null)?.cause;
  return messageOf(cause ?? error);
}
