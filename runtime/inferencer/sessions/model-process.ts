import { spawn, type ChildProcess } from 'node:child_process';
import { type Duplex } from 'node:stream';
import { join } from 'node:path';
import { serialize } from 'node:v8';
import { InferenceError } from '../../errors';
import { readMemoryLimit } from '../../machine/memory-limit';
import { planMemory } from '../../machine/memory-plan';
import { type NamedTensors } from '../../tensor/tensor';
import { encodeFrame, FrameReader } from './frames';
import { ModelHost, startOf } from './model-host';
import { SharedMemory } from './shared-memory';
import { type SteppedModelOptions } from './stepped-model';
import { type HostReply, type HostRequest } from './worker-messages';

const live = new Set<ChildProcess>();

/** No process of a model outlives this one, even one that hangs. */
function killAll(): void {
  for (const child of live) child.kill('SIGKILL');
}

/** V8 takes 256 MB and more for a process, whatever its container has. */
function heapFlags(): string[] {
  const limitBytes = readMemoryLimit();
  return limitBytes === undefined ? [] : [`--max-old-space-size=${planMemory(limitBytes).heapMib}`];
}

/** The error of a run whose process has ended, and of a model whose loading has ended it. */
export class ModelProcessEnded extends InferenceError {
  constructor(readonly reason: string) {
    super('MODEL_FAILED', `the model ended the process that ran it: ${reason}`);
  }
}

/** A child process with one model: whatever a run does to it, this process goes on, and a run that hangs can be ended. */
export class ModelProcess extends ModelHost {
  readonly ended: Promise<string>;
  readonly canBeKilled = true;
  private readonly child: ChildProcess;
  private readonly socket: Duplex;
  private readonly feeds = SharedMemory.create();
  /** Taken in turn: an answer may still be unread when the next run's is written. */
  private readonly answers = [SharedMemory.create(), SharedMemory.create()] as const;
  private failure: Error | undefined;

  /** @throws ConfigurationError when there is no such engine. */
  constructor(options: SteppedModelOptions) {
    super();
    const start = startOf(options);
    const shared = [this.feeds, ...this.answers].map(({ fd }) => fd);
    this.child = spawn(process.execPath, [...heapFlags(), join(__dirname, 'worker-process.js')], {
      // Standard output is the server's log; what an engine prints goes to standard error.
      stdio: ['ignore', 2, 2, 'pipe', ...shared],
    });
    this.socket = this.child.stdio[3] as Duplex;
    if (live.size === 0) process.on('exit', killAll);
    live.add(this.child);
    this.ended = new Promise((resolve) => {
      this.child.once('error', (error) => {
        this.failure = error;
        if (this.child.pid === undefined) resolve(this.onEnd(null, null));
      });
      // After everything that the process wrote has been read.
      this.child.once('close', (code, signal) => resolve(this.onEnd(code, signal)));
    });
    const reader = new FrameReader<HostReply>(
      ({ message, tensors }) => this.take(message, tensors),
      (message) => this.answers[(message as { id: number }).id % 2],
    );
    this.socket.on('data', (chunk: Buffer) => reader.take(chunk));
    // A write to a process that has ended: the end itself says more.
    this.socket.on('error', () => undefined);
    this.write(encodeFrame({ kind: 'start', start: serialize(start).toString('base64') }));
  }

  async close(): Promise<void> {
    this.write(encodeFrame({ kind: 'close' } satisfies HostRequest));
    await this.ended;
  }

  protected send(id: number, feeds: NamedTensors): void {
    this.write(encodeFrame({ kind: 'run', id } satisfies HostRequest, feeds, this.feeds));
  }

  protected giveUp(): void {
    this.child.kill('SIGKILL');
  }

  private write(pieces: readonly Buffer[]): void {
    this.socket.cork();
    for (const piece of pieces) this.socket.write(piece);
    this.socket.uncork();
  }

  private onEnd(code: number | null, signal: string | null): string {
    live.delete(this.child);
    if (live.size === 0) process.off('exit', killAll);
    for (const memory of [this.feeds, ...this.answers]) memory.close();
    const reason =
      this.failure?.message ?? (signal === null ? `it ended with code ${code}` : `it ended by ${signal}`);
    this.end(new ModelProcessEnded(reason));
    return reason;
  }
}
