import { isDeepStrictEqual } from 'node:util';
import { type LoadShare } from '../measure/load-record';
import { loadRequests } from '../requests/load-requests';
import { type RequestSet } from '../requests/request-set';
import { type LoadCounts, type LoadDriver, type LoadJob, NO_COUNTS } from './load-driver';
import { LoadRun } from './load-run';

export class LocalDriver implements LoadDriver {
  private run: LoadRun | undefined;
  private loaded: { readonly of: unknown; readonly requests: RequestSet } | undefined;

  get counts(): LoadCounts {
    return this.run?.counts ?? NO_COUNTS;
  }

  async prepare(job: LoadJob): Promise<void> {
    const run = new LoadRun(job, this.requestsOf(job));
    this.run = run;
    await run.open();
  }

  async drive(startAtMs: number): Promise<LoadShare> {
    if (this.run === undefined) throw new Error('drive was called before prepare');
    return this.run.drive(performance.now() + startAtMs - Date.now());
  }

  stop(reason: string): void {
    this.run?.stop(reason);
  }

  close(): Promise<void> {
    this.run?.destroy();
    return Promise.resolve();
  }

  /** Measurements of one profile usually send the same data. */
  private requestsOf({ service, cell: { data } }: LoadJob): RequestSet {
    const of = { service, data };
    if (!isDeepStrictEqual(this.loaded?.of, of)) {
      // The previous data may be hundreds of megabytes: release them first.
      this.loaded = undefined;
      this.loaded = { of, requests: loadRequests(service, data) };
    }
    return this.loaded!.requests;
  }
}
