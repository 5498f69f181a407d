import { Random } from '../../contracts/values/random';
import { createHash } from 'node:crypto';

/** A service that can be ended at any moment, and what can be looked at while it is down. */
export interface CrashTarget {
  /** Starts the service on what the rounds before left. Resolves to its address. */
  start(): Promise<string>;
  /** Ends the service, or what it stands on, at once. */
  kill(): Promise<void>;
  /** What is stored but belongs to no component, by name; called when the service is down and its sweep is done. */
  orphans(): Promise<readonly string[]>;
}

export interface CrashOptions {
  readonly rounds: number;
  readonly uploadsPerRound: number;
  readonly largestBytes: number;
  /** Milliseconds after the uploads began, at most, when the service is ended. */
  readonly latestMs: number;
  readonly seed: number;
}

export interface CrashReport {
  readonly acknowledged: number;
  readonly broken: number;
  /** Everything that was not as it has to be. */
  readonly faults: readonly string[];
}

/** What a component may hold: the digest that was last seen or acknowledged, and those of uploads that broke since. */
type Allowed = Set<string | null>;

/**
 * Uploads, and ends the service in the middle, again and again. After each start: no component shows a package that is not
 * whole, nothing that was acknowledged is lost, and nothing is left of what broke.
 */
export class CrashRounds {
  private readonly allowed = new Map<string, Allowed>();
  private readonly faults: string[] = [];
  private readonly random: Random;
  private acknowledged = 0;
  private broken = 0;

  constructor(
    private readonly target: CrashTarget,
    private readonly options: CrashOptions,
  ) {
    this.random = new Random(options.seed);
  }

  async run(): Promise<CrashReport> {
    for (let round = 0; round < this.options.rounds; round += 1) {
      const url = await this.target.start();
      await this.verify(url);
      await this.crash(url, round);
      for (const orphan of await this.target.orphans())
        this.faults.push(`round ${round}: left behind: ${orphan}`);
    }
    await this.verify(await this.target.start());
    await this.target.kill();
    return { acknowledged: this.acknowledged, broken: this.broken, faults: this.faults };
  }

  private async crash(url: string, round: number): Promise<void> {
    const uploads = Array.from({ length: this.options.uploadsPerRound }, (_, index) => {
      // the first replaces what the round before stored, the others are new
      const version = index === 0 && round > 0 ? `${round - 1}-1` : `${round}-${index}`;
      return this.upload(url, version);
    });
    await this.moment(round, uploads);
    await this.target.kill();
    await Promise.all(uploads);
  }

  /** Any moment; in every third round a very early one, and in every third one after an upload has ended. */
  private async moment(round: number, uploads: readonly Promise<void>[]): Promise<void> {
    const part = round % 3 === 0 ? 0.05 : this.random.next();
    if (round % 3 === 1) await Promise.race(uploads);
    else await new Promise((resolve) => setTimeout(resolve, part * this.options.latestMs));
  }

  private async upload(url: string, version: string): Promise<void> {
    const bytes = this.randomBytes(Math.ceil(this.random.next() * this.options.largestBytes));
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const allowed = this.allowed.get(version) ?? new Set([null]);
    this.allowed.set(version, allowed);
    try {
      const created = await fetch(`${url}/model`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model_name: 'crash', model_version: version }),
      });
      await created.text();
      allowed.add(sha256);
      const form = new FormData();
      form.set('file', new Blob([bytes]), 'package.bin');
      const response = await fetch(`${url}/model/crash/${version}`, { method: 'PUT', body: form });
      if (response.status !== 204) throw new Error(await response.text());
      this.acknowledged += 1;
      this.allowed.set(version, new Set([sha256]));
    } catch {
      this.broken += 1;
    }
  }

  private async verify(url: string): Promise<void> {
    const response = await fetch(`${url}/model`);
    const listed = (await response.json()) as {
      model_version: string;
      sha256: string | null;
      size: number;
    }[];
    const found = new Map(listed.map((model) => [model.model_version, model]));
    for (const [version, allowed] of this.allowed) {
      const model = found.get(version);
      const sha256 = model?.sha256 ?? null;
      if (!allowed.has(sha256))
        this.faults.push(`${version} has ${sha256}, allowed: ${[...allowed].join(', ')}`);
      // looked at once: from now on it may not change by itself
      if (allowed.size > 1) await this.verifyBytes(url, version, sha256, model?.size);
      this.allowed.set(version, new Set([sha256]));
    }
  }

  private async verifyBytes(
    url: string,
    version: string,
    sha256: string | null,
    size?: number,
  ): Promise<void> {
    const response = await fetch(`${url}/model/crash/${version}`);
    const bytes = Buffer.from(await response.arrayBuffer());
    if (sha256 === null) {
      if (response.status !== 404)
        this.faults.push(`${version} shows no package and answers ${response.status}`);
      return;
    }
    const digest = createHash('sha256').update(bytes).digest('hex');
    if (digest !== sha256 || bytes.length !== size) {
      this.faults.push(
        `${version} says ${sha256} of ${size} bytes, ${bytes.length} bytes with ${digest} came`,
      );
    }
  }

  private randomBytes(length: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length);
    for (let index = 0; index < length; index += 997) bytes[index] = Math.floor(this.random.next() * 256);
    return bytes;
  }
}
