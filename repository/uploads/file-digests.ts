import { Worker } from 'node:worker_threads';
import { threadEntry } from '../../contracts/program/thread-entry';
import { RepositoryError } from '../errors';

/** A request to the thread. The descriptor stays open until the last one is answered. */
export type DigestRequest =
  | { readonly kind: 'grown' | 'ended'; readonly id: number; readonly fd: number; readonly size: number }
  | { readonly kind: 'forget'; readonly id: number };

/** Answer to `ended` and `forget`, and whenever a file cannot be read. */
export type DigestAnswer = { readonly id: number; readonly sha256?: string; readonly failure?: string };

/**
 * Computes the SHA-256 of files while they are written, in a thread: it is the slowest part of receiving a byte, and
 * would delay other requests on the main thread.
 */
export class FileDigests {
  private worker: Worker | undefined;
  private readonly waiting = new Map<number, (answer: DigestAnswer) => void>();
  private lastId = 0;
  private begun = 0;

  /** Files that are being written. */
  get underWay(): number {
    return this.begun;
  }

  /** The digest of a file that begins to be written, open for reading too. */
  begin(fd: number): FileDigest {
    this.lastId += 1;
    this.begun += 1;
    return new FileDigest(this, this.lastId, fd);
  }

  send(request: DigestRequest): void {
    this.worker ??= this.start();
    this.worker.postMessage(request);
  }

  /** Resolves with what the thread says next of this file. */
  ask(request: DigestRequest): Promise<DigestAnswer> {
    return new Promise((resolve) => {
      this.waiting.set(request.id, resolve);
      this.send(request);
    });
  }

  /** A file is written, or given up. */
  released(): void {
    this.begun -= 1;
  }

  /** Ends the thread. Files that are still being written get no digest. */
  async close(): Promise<void> {
    await this.worker?.terminate();
  }

  private start(): Worker {
    const worker = new Worker(threadEntry(__dirname, 'file-digests-thread'), { name: 'digests' });
    let cause = 'the thread for digests ended';
    worker.unref();
    worker.on('message', (answer: DigestAnswer) => this.settle(answer));
    worker.on('error', (error) => (cause = error.message));
    worker.on('exit', () => {
      this.worker = undefined;
      for (const id of [...this.waiting.keys()]) this.settle({ id, failure: cause });
    });
    return worker;
  }

  private settle(answer: DigestAnswer): void {
    const settle = this.waiting.get(answer.id);
    this.waiting.delete(answer.id);
    settle?.(answer);
  }
}

/** The digest of one file. */
export class FileDigest {
  private done = false;

  constructor(
    private readonly digests: FileDigests,
    private readonly id: number,
    private readonly fd: number,
  ) {}

  /** To be called with the number of bytes written so far. */
  grown(size: number): void {
    this.digests.send({ kind: 'grown', id: this.id, fd: this.fd, size });
  }

  /** The digest in hexadecimal of the complete file, which has `size` bytes. */
  async end(size: number): Promise<string> {
    const answer = await this.digests.ask({ kind: 'ended', id: this.id, fd: this.fd, size });
    this.done = true;
    if (answer.sha256 !== undefined) return answer.sha256;
    throw new RepositoryError('INTERNAL', `the digest cannot be computed: ${answer.failure ?? 'no answer'}`);
  }

  /** Resolves when the thread no longer reads from the descriptor. */
  async release(): Promise<void> {
    if (!this.done) await this.digests.ask({ kind: 'forget', id: this.id });
    this.done = true;
    this.digests.released();
  }
}
