import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigurationError } from '../../../contracts/program/problem';
import { type LoadedPipeline } from '../../../runtime/serving/loaded-pipeline';
import { type PipelineLoader } from '../../../runtime/serving/pipeline-loader';
import { type PipelineRegistry } from '../../../runtime/serving/pipeline-registry';
import { Reloader } from '../../../runtime/serving/reloader';
import { type ServedPipeline } from '../../../runtime/serving/served-pipeline';
import { eventually } from '../../fixtures/eventually';
import { recordingLog } from '../../fixtures/recording-log';
import { temporaryFolder } from '../../fixtures/temporary-folder';

/** A version of a pipeline, as far as the reloader knows it. */
interface Version {
  readonly sources: readonly string[];
  readonly close: jest.Mock;
}

/** A load that the test ends. */
interface Load {
  readonly name: string;
  readonly version: Version;
  end(error?: Error): void;
}

class Stage {
  readonly folder = temporaryFolder();
  readonly loads: Load[] = [];
  readonly recording = recordingLog();
  readonly outcomes: string[] = [];
  readonly reloader: Reloader;
  private readonly served = new Map<string, { current: Version }>();

  constructor(names: readonly string[], loadTimeoutMs?: number) {
    for (const name of names) this.served.set(name, this.serve(name));
    const loader = { loadNext: (pipeline: { name: string }) => this.load(pipeline.name) };
    this.reloader = new Reloader(
      [...this.served.values()] as unknown as PipelineRegistry,
      loader as unknown as PipelineLoader,
      this.recording.log,
      loadTimeoutMs,
    );
    this.reloader.start();
  }

  current(name: string): Version {
    return this.served.get(name)!.current;
  }

  change(name: string): void {
    writeFileSync(join(this.folder, name), `${Math.random()}`);
  }

  async loadOf(index: number): Promise<Load> {
    await eventually(() => expect(this.loads.length).toBeGreaterThan(index));
    return this.loads[index];
  }

  private version(name: string): Version {
    return { sources: [join(this.folder, name)], close: jest.fn(() => Promise.resolve()) };
  }

  private serve(name: string): { current: Version } {
    this.change(name);
    const { outcomes } = this;
    const served: Partial<ServedPipeline> & { current: Version } = {
      name,
      source: name,
      metrics: { reloaded: (outcome: string) => outcomes.push(`${name} ${outcome}`) } as never,
      current: this.version(name) as Version & LoadedPipeline,
      swap: (next) => {
        served.current = next as unknown as Version & LoadedPipeline;
        return Promise.resolve();
      },
    };
    return served;
  }

  private load(name: string): Promise<Version> {
    const version = this.version(name);
    return new Promise((resolve, reject) => {
      this.loads.push({ name, version, end: (error) => (error ? reject(error) : resolve(version)) });
    });
  }
}

describe('a pipeline that loads', () => {
  const stages: Stage[] = [];
  const stage = (names: readonly string[], loadTimeoutMs?: number): Stage => {
    const made = new Stage(names, loadTimeoutMs);
    stages.push(made);
    return made;
  };
  afterEach(() => stages.splice(0).forEach(({ reloader }) => reloader.stop()));

  it('for ever is superseded by a newer change, and closed should it end after all', async () => {
    const made = stage(['a']);
    const { loads, outcomes, recording } = made;
    made.change('a');
    const endless = await made.loadOf(0);
    made.change('a');
    const good = await made.loadOf(1);
    expect(recording.of('changed again while it loaded: the newer version is loaded')).toHaveLength(1);
    good.end();
    await eventually(() => expect(made.current('a')).toBe(good.version));
    endless.end();
    await eventually(() => expect(endless.version.close).toHaveBeenCalledTimes(1));
    expect(made.current('a')).toBe(good.version);
    expect(good.version.close).not.toHaveBeenCalled();
    expect(outcomes).toEqual(['a ok']);
    expect(loads).toHaveLength(2);
  });

  it('for longer than the limit is refused, which is logged and counted, and may change afterwards', async () => {
    const made = stage(['a'], 300);
    made.change('a');
    const endless = await made.loadOf(0);
    await eventually(() => expect(made.outcomes).toEqual(['a refused']));
    expect(made.recording.of('changed pipeline refused')[0]).toMatchObject({
      problems: [
        { message: expect.stringContaining('loading did not end within 0.3 s (--load-timeout)') as string },
      ],
    });
    endless.end();
    await eventually(() => expect(endless.version.close).toHaveBeenCalled());
    made.change('a');
    const good = await made.loadOf(1);
    good.end();
    await eventually(() => expect(made.current('a')).toBe(good.version));
  });

  it('waits for another one that loads, as far as that ends', async () => {
    const made = stage(['a', 'b']);
    made.change('a');
    const first = await made.loadOf(0);
    made.change('b');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(made.loads).toHaveLength(1);
    first.end(new ConfigurationError('a', []));
    const second = await made.loadOf(1);
    expect(second.name).toBe('b');
    second.end();
    await eventually(() => expect(made.outcomes).toEqual(['a refused', 'b ok']));
  });

  it('when the server stops is not swapped in', async () => {
    const made = stage(['a']);
    made.change('a');
    const load = await made.loadOf(0);
    const before = made.current('a');
    made.reloader.stop();
    load.end();
    await eventually(() => expect(load.version.close).toHaveBeenCalled());
    expect(made.current('a')).toBe(before);
    expect(made.outcomes).toEqual([]);
  });
});
