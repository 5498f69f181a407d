import { type ChildProcess, spawn } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Balancing, InferencePipeline } from '../../constructs';
import { type Bootstrap, buildBootstrap } from '../../constructs/envoy/bootstrap';
import { inferenceRows } from '../../constructs/monitoring/grafana/inference-dashboard';
import { alertRules } from '../../constructs/monitoring/rules/alert-rules';
import { RECORDING_RULES } from '../../constructs/monitoring/rules/recording-rules';
import { queueTimeQuery } from '../../constructs/scaling/horizontal-autoscaler';
import { InferenceClient } from '../../runtime/client';
import { fallDetection } from '../../stacks';
import { EnvoyProcess, freePort, until } from '../fixtures/envoy-process';
import { describeWith } from '../fixtures/tools';
import { find, synthesize } from '../fixtures/synthesize';
import { FALL, NO_FALL } from '../fixtures/fall-detection-windows';
import { FALL_DETECTION, type StartedServer, startServer } from '../fixtures/start-server';
import { PrometheusProcess, type Scraped } from './prometheus-process';

const TOOLS = ['Envoy', 'Prometheus', 'node-exporter'] as const;

describeWith(TOOLS, 'a stack of real servers', (envoyProgram, prometheusProgram, exporterProgram) => {
  const folder = mkdtempSync(join(tmpdir(), 'stack-'));
  const servers: StartedServer[] = [];
  let envoy: EnvoyProcess;
  let prometheus: PrometheusProcess;
  let nodeExporter: ChildProcess;
  let gpu: Server;
  let client: InferenceClient;

  beforeAll(async () => {
    const document = documentOfConfigMap(folder);
    const components = [join(FALL_DETECTION, '../components')];
    servers.push(
      await startServer([document], { components }),
      await startServer([document], { components }),
    );
    const [port, observationPort, adminPort, nodePort] = [
      await freePort(),
      await freePort(),
      await freePort(),
      await freePort(),
    ];
    envoy = await EnvoyProcess.start(
      envoyProgram,
      onLoopback(
        buildBootstrap({
          endpoints: servers.map(({ grpc }) => ({ host: '127.0.0.1', port: portOf(grpc) })),
          balancing: Balancing.roundRobin(),
          limits: {},
          port,
          observationPort,
          adminPort,
          drainSeconds: 1,
          maxStreamsPerConnection: 100,
          maxConnections: 100,
        }),
      ),
      observationPort,
    );
    await until(async () => (await envoy.stat('membership_healthy{', 'inference')) === 2);
    nodeExporter = spawn(exporterProgram, [`--web.listen-address=127.0.0.1:${nodePort}`], {
      stdio: 'ignore',
    });
    gpu = await serveGpuMetrics();
    const targets: Scraped[] = [
      ...servers.map(({ http }, index) => ({
        job: 'inference-server',
        port: portOf(http),
        // Named as the pods of a Deployment are: the query reads no others.
        labels: place(`fall-6d5f8c7b9d-x2k4${index}`),
      })),
      { job: 'envoy', port: observationPort, path: '/stats/prometheus', labels: place('edge') },
      { job: 'node-exporter', port: nodePort, labels: place('node-exporter') },
      { job: 'dcgm-exporter', port: (gpu.address() as AddressInfo).port, labels: place('dcgm') },
    ];
    prometheus = await PrometheusProcess.start(prometheusProgram, targets, [RECORDING_RULES, alertRules()]);
    client = new InferenceClient({ address: `127.0.0.1:${port}`, pipeline: 'fall-detection' });
  }, 60_000);

  afterAll(async () => {
    client?.close();
    await prometheus?.stop();
    await envoy?.stop();
    nodeExporter?.kill('SIGKILL');
    gpu?.close();
    await Promise.all(servers.map(({ server }) => server.stop()));
    rmSync(folder, { recursive: true });
  });

  it('answers through the balancer from the document of the ConfigMap', async () => {
    for (const { window, confidence } of [FALL, NO_FALL]) {
      const { prediction } = await client.predict({ array: window });
      expect(Number(prediction?.data[0])).toBeCloseTo(confidence, 4);
    }
  });

  it('shows data in every panel of the dashboard', async () => {
    const queries = inferenceRows({ balancer: true, gpu: true }).flatMap(({ panels }) =>
      panels.flatMap((panel) =>
        Object.entries(panel.queries).map(([legend, expr]) => ({ title: `${panel.title}: ${legend}`, expr })),
      ),
    );
    const missing = new Set(queries.map(({ title }) => title));
    const end = Date.now() + 25_000;
    while (missing.size > 0 && Date.now() < end) {
      // Rates need something that goes on.
      await client.predict({ array: FALL.window });
      for (const { title, expr } of queries.filter((query) => missing.has(query.title))) {
        const values = await prometheus.query(expr.replaceAll('$namespace', '.*'));
        if (values.length > 0) missing.delete(title);
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect([...missing]).toEqual([]);
  }, 40_000);

  it('is scraped without an error, and raises no alarm', async () => {
    expect(await prometheus.query('up')).toEqual([1, 1, 1, 1, 1]);
    expect(await prometheus.query('ALERTS{alertstate="firing"}')).toEqual([]);
  });

  it('asks for the queue time as the autoscaler does', async () => {
    const [seconds = NaN] = await prometheus.query(queueTimeQuery('ml', 'fall'));
    expect(seconds).toBeGreaterThanOrEqual(0);
    expect(seconds).toBeLessThan(1);
  });
});

function portOf(address: string): number {
  return Number(address.split(':').at(-1));
}

function place(pod: string): Record<string, string> {
  return { namespace: 'ml', pod, node: 'n1' };
}

/** Synthesizes the pipeline and writes its ConfigMap's file, as a pod finds it mounted. */
function documentOfConfigMap(folder: string): string {
  const objects = synthesize((ml) => void new InferencePipeline(ml, 'p', { document: fallDetection }));
  const { data } = find(objects, 'ConfigMap', 'p') as unknown as { data: Record<string, string> };
  const path = join(folder, 'fall-detection.yaml');
  writeFileSync(path, data['fall-detection.yaml'] ?? '');
  return path;
}

/** No GPU is at hand: the lines are those of dcgm-exporter 4.8. */
async function serveGpuMetrics(): Promise<Server> {
  const labels = 'gpu="0",UUID="GPU-1",device="nvidia0",modelName="NVIDIA A100"';
  const lines = [
    `DCGM_FI_DEV_GPU_UTIL{${labels}} 40`,
    `DCGM_FI_DEV_FB_USED{${labels}} 1000`,
    `DCGM_FI_DEV_FB_FREE{${labels}} 3000`,
  ];
  const server = createServer((_request, response) => {
    response
      .writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
      .end(`${lines.join('\n')}\n`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function onLoopback(bootstrap: Bootstrap): Bootstrap {
  return JSON.parse(JSON.stringify(bootstrap).replaceAll('"0.0.0.0"', '"127.0.0.1"')) as Bootstrap;
}
