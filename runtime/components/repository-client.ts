import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { type ListedModel } from '../../contracts/repository/model';
import { type ListedInferencer } from '../../contracts/repository/inferencer';
import { type ListedTransformation } from '../../contracts/repository/transformation';
import { type ComponentKind } from '../../contracts/package/component-manifest';
import { messageOf } from '../../contracts/program/problem';
import { openEventStream, type RepositoryEvent } from './repository-events';
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
  /** Milliseconds in which an answer has to begin; default 30000. Bodies may take longer. */
  readonly timeoutMs?: number;
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
    const response = await this.call('GET', `/${kind}${query === '' ? '' : `?${query}`}`);
    return (await response.json()) as RemoteComponent[];
  }

  /** Metadata of one component; undefined when it is not there. */
  async find(reference: RemoteReference): Promise<RemoteComponent | undefined> {
    const { kind, name, version = '' } = reference;
    if (kind !== 'model') return (await this.list(kind, { name })).find(({ id }) => id === name);
    const query = new URLSearchParams({ model_name: name, model_version: version });
    const response = await this.call('GET', `/model/meta?${query.toString()}`, { allow: [404] });
    if (response.status === 404) return void (await response.body?.cancel());
    return (await response.json()) as RemoteComponent;
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
   * What changes from now on, or after an event that was seen, until the signal. Connections that break are made again and
   * go on where they were.
   */
  events(options: {
    readonly signal: AbortSignal;
    readonly after?: number;
  }): AsyncGenerator<RepositoryEvent> {
    const connect = (headers: Record<string, string>, signal: AbortSignal) =>
      this.call('GET', '/events', { headers, signal, timeoutMs: 0 });
    return openEventStream(connect, options);
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

/** `fetch` says "fetch failed"; why, its cause says. */
function reasonOf(error: unknown): string {
  const cause = (error as { cause?: unknown } | null)?.cause;
  return messageOf(cause ?? error);
}
