import { Worker } from 'node:worker_threads';
import { threadEntry } from '../../contracts/program/thread-entry';
import { RepositoryError } from '../errors';

/** Asked of the thread. It reads from the descriptor, which stays open until it has answered the last request. */
export type DigestRequest =
  | { readonly kind: 'grown' | 'ended'; readonly id: number; readonly fd: number; readonly size: number }
  | { readonly kind: 'forget'; readonly id: number };

/** What it answers to the end of a file, to having forgotten one, or when it cannot read one. */
export type DigestAnswer = { readonly id: number; readonly sha256?: string; readonly failure?: string };

/**
 * Computes the SHA-256 of files while they are written, in one thread beside the service: a digest takes longer than
 * everything else about a byte that arrives, and others wait for their answers meanwhile.
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

  /** Tells that so many bytes are written. */
  grown(size: number): void {
    this.digests.send({ kind: 'grown', id: this.id, fd: this.fd, size });
  }

  /** In hexadecimal, of a file that has so many bytes and gets no more. */
  async end(size: number): Promise<string> {
    const answer = await this.digests.ask({ kind: 'ended', id: this.id, fd: this.fd, size });
    this.done = true;
    if (answer.sha256 !== undefined) return answer.sha256;
    throw new RepositoryError('INTERNAL', `the digest cannot be computed: ${answer.failure ?? 'no answer'}`);
  }

  /** Resolves when nobody reads from the descriptor any more. */
  async release(): Promise<void> {
    if (!this.done) await this.digests.ask({ kind: 'forget', id: this.id });
    this.done = true;
    this.digests.released();
  }
}
