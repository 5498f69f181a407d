import { type Scans } from '../../../contracts/benchmark/cell';
import { Random } from '../../../contracts/values/random';
import { type Schedule } from './schedule';

/** Scans of one client, which come at times of its own; the first client's first one is when measuring begins. */
export class ScanSchedule implements Schedule {
  private readonly random: Random;
  private scanMs: number;
  private batches: number;
  private batchOfScan = 0;
  private count = 0;

  constructor(
    private readonly scans: Scans,
    client: number,
    clients: number,
    warmUpMs: number,
    private readonly requests: number,
    seed: number,
  ) {
    this.random = new Random(seed);
    this.scanMs = (warmUpMs + (client / clients) * scans.everyMs) % scans.everyMs;
    this.batches = this.draw();
  }

  get nextDueMs(): number {
    return this.scanMs + (this.batchOfScan / this.batches) * this.scans.withinMs;
  }

  take(): number {
    this.batchOfScan += 1;
    if (this.batchOfScan === this.batches) {
      this.batchOfScan = 0;
      this.scanMs += this.scans.everyMs;
      this.batches = this.draw();
    }
    return this.count++ % this.requests;
  }

  private draw(): number {
    const [fewest, most] = this.scans.images;
    const images = fewest + Math.floor(this.random.next() * (most - fewest + 1));
    return Math.ceil(images / this.scans.batch);
  }
}
