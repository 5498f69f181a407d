import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { threadEntry } from '../../../../contracts/program/thread-entry';
import { endsWithin } from '../../../../contracts/program/within';
import { type LoadShare } from '../measure/load-record';
import {
  type DriverNews,
  type DriverOrder,
  type LoadCounts,
  type LoadDriver,
  type LoadJob,
  NO_COUNTS,
} from './load-driver';

const KILL_AFTER_MS = 2_000;

/** Drives from a separate process, which does nothing else. */
export class ForkedDriver implements LoadDriver {
  counts: LoadCounts = NO_COUNTS;
  private readonly child: ChildProcess;
  private settle: ((news: DriverNews | Error) => void) | undefined;
  private lost: Error | undefined;

  constructor() {
    this.child = fork(threadEntry(__dirname, 'driver-process'), [], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.child.on('message', (news: DriverNews) => {
      if (news.is === 'counts') this.counts = news.counts;
      else this.settle?.(news);
    });
    this.child.on('error', (error) => this.lose(error));
    this.child.on('exit', (code, signal) =>
      this.lose(new Error(`a driver process ended with ${signal ?? `exit code ${code}`}`)),
    );
  }

  async prepare(job: LoadJob): Promise<void> {
    this.counts = NO_COUNTS;
    await this.order({ do: 'prepare', job });
  }

  async drive(startAtMs: number): Promise<LoadShare> {
    const news = await this.order({ do: 'drive', startAtMs });
    if (news.is !== 'share') throw new Error(`a driver process answered '${news.is}' to 'drive'`);
    return news.share;
  }

  stop(reason: string): void {
    if (this.child.connected) this.child.send({ do: 'stop', reason } satisfies DriverOrder);
  }

  async close(): Promise<void> {
    if (this.lost !== undefined) return;
    const exited = once(this.child, 'exit');
    if (this.child.connected) this.child.disconnect();
    if (await endsWithin(exited, KILL_AFTER_MS)) return;
    this.child.kill('SIGKILL');
    await exited;
  }

  private async order(order: DriverOrder): Promise<DriverNews> {
    if (this.lost !== undefined) throw this.lost;
    const news = await new Promise<DriverNews | Error>((resolve) => {
      this.settle = resolve;
      this.child.send(order, (error) => error && resolve(error));
    });
    if (news instanceof Error) throw news;
    if (news.is === 'failed') throw new Error(news.message);
    return news;
  }

  private lose(error: Error): void {
    this.lost ??= error;
    this.settle?.(error);
  }
}
