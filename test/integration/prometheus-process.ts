import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type PrometheusConfig } from '../../constructs/monitoring/prometheus-config';
import { type RuleGroup } from '../../constructs';
import { freePort, until } from '../fixtures/envoy-process';

export interface Scraped {
  readonly job: string;
  readonly port: number;
  readonly path?: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A Prometheus that scrapes addresses of this machine once a second. */
export class PrometheusProcess {
  static async start(
    program: string,
    targets: readonly Scraped[],
    groups: readonly RuleGroup[],
  ): Promise<PrometheusProcess> {
    const folder = mkdtempSync(join(tmpdir(), 'prometheus-'));
    const config: PrometheusConfig = {
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: [join(folder, 'rules.yaml')],
      scrape_configs: targets.map(({ job, port, path, labels }) => ({
        job_name: `${job}/${labels.pod}`,
        metrics_path: path ?? '/metrics',
        fallback_scrape_protocol: 'PrometheusText0.0.4',
        static_configs: [{ targets: [`127.0.0.1:${port}`], labels }],
      })),
    };
    writeFileSync(join(folder, 'rules.yaml'), stringify({ groups }));
    writeFileSync(join(folder, 'prometheus.yaml'), stringify(config));
    const port = await freePort();
    const child = spawn(
      program,
      [
        `--config.file=${join(folder, 'prometheus.yaml')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--enable-feature=auto-reload-config',
      ],
      { stdio: 'ignore' },
    );
    const prometheus = new PrometheusProcess(child, folder, port);
    await until(async () => (await fetch(`http://127.0.0.1:${port}/-/ready`)).ok);
    return prometheus;
  }

  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    private readonly port: number,
  ) {}

  /** Values of the series that a query answers with, those that are no numbers left out. */
  async query(expr: string): Promise<number[]> {
    const url = `http://127.0.0.1:${this.port}/api/v1/query?query=${encodeURIComponent(expr)}`;
    const answer = (await (await fetch(url)).json()) as {
      status: string;
      error?: string;
      data?: { result: { value: [number, string] }[] };
    };
    if (answer.status !== 'success') throw new Error(`${expr}: ${answer.error}`);
    return (answer.data?.result ?? [])
      .map(({ value }) => Number(value[1]))
      .filter((value) => !Number.isNaN(value));
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGKILL');
    await ended;
    rmSync(this.folder, { recursive: true });
  }
}
