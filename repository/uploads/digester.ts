import { Worker } from 'node:worker_threads';
import { RepositoryError } from '../errors';
import { entryOf } from '../thread-entry';
import { SLOT_BYTES, SLOTS, type DigestAnswer, type DigestQuestion } from './digest-protocol';

/** The digest of one upload, over memory that this thread fills and the other reads. */
export interface Digest {
  /** Where the bytes of a slot lie. */
  slot(index: number): Buffer;
  /** Digests the first bytes of a slot; it may be filled again when the promise resolves. */
  update(index: number, length: number): Promise<unknown>;
  /** SHA-256 of all that was digested, in hexadecimal. */
  end(): Promise<string>;
  /** The upload broke off. */
  forget(): void;
}

interface Waiting {
  readonly resolve: (answer: DigestAnswer) => void;
  readonly reject: (error: Error) => void;
}

/** Computes the digests of uploads in a thread of its own, which starts with the first of them. Closed by its owner. */
export class Digester {
  private worker: Worker | undefined;
  private readonly waiting = new Map<number, Waiting[]>();
  private nextId = 1;

  /** `execArgv`: options of Node for the thread; default: those of this one. */
  constructor(private readonly options: { readonly execArgv?: readonly string[] } = {}) {}

  begin(): Digest {
    const worker = (this.worker ??= this.start());
    const id = this.nextId++;
    const memory = new SharedArrayBuffer(SLOTS * SLOT_BYTES);
    const ask = (question: DigestQuestion) => worker.postMessage(question);
    const answered = () =>
      new Promise<DigestAnswer>((resolve, reject) => {
        this.waiting.set(id, [...(this.waiting.get(id) ?? []), { resolve, reject }]);
      });
    ask({ ask: 'begin', id, memory });
    return {
      slot: (index) => Buffer.from(memory, index * SLOT_BYTES, SLOT_BYTES),
      update: (slot, length) => {
        ask({ ask: 'update', id, slot, length });
        return answered();
      },
      end: async () => {
        ask({ ask: 'end', id });
        const { sha256 } = await answered();
        this.waiting.delete(id);
        return sha256 ?? '';
      },
      forget: () => {
        ask({ ask: 'forget', id });
        // nobody will answer them, and whoever waits may close what is being written
        for (const { resolve } of this.waiting.get(id) ?? []) resolve({ id });
        this.waiting.delete(id);
      },
    };
  }

  async close(): Promise<void> {
    await this.worker?.terminate();
  }

  private start(): Worker {
    const worker = new Worker(entryOf(__dirname, 'digest-thread'), {
      execArgv: this.options.execArgv && [...this.options.execArgv],
      resourceLimits: { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 32, stackSizeMb: 1 },
    });
    worker.unref();
    worker.on('message', (answer: DigestAnswer) => this.waiting.get(answer.id)?.shift()?.resolve(answer));
    const fail = (cause?: unknown) => {
      if (this.worker === worker) this.worker = undefined;
      const error = new RepositoryError('INTERNAL', 'the digest could not be computed', { cause });
      for (const { reject } of [...this.waiting.values()].flat()) reject(error);
      this.waiting.clear();
    };
    worker.on('error', fail);
    worker.on('exit', () => fail());
    return worker;
  }
}
