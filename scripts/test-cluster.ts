import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PINNED_IMAGES } from '../constructs';
import { ClusterTools } from './cluster/cluster-tools';
import { isAnswered, Load } from './cluster/load';
import { runCommand } from './cluster/run-command';
import { Topology } from './cluster/topology';
import { findPackageRoot } from '../contracts/program/package-root';
import { RUNTIME_METRICS as METRICS } from '../contracts/names/metrics';

// npm run test:cluster: the single-pod and the load-balanced topology at their smallest, on a real Kubernetes on this machine.

const ROOT = findPackageRoot(__dirname);
const image = (name: keyof typeof PINNED_IMAGES) =>
  `${PINNED_IMAGES[name].repository}:${PINNED_IMAGES[name].tag}`;
const OTHERS = (['envoy', 'mongodb', 'prometheus', 'nodeExporter'] as const).map(image);

function say(text: string): void {
  process.stdout.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);
}

function must(holds: boolean, claim: string): void {
  if (!holds) throw new Error(`not so: ${claim}`);
  say(`  ok: ${claim}`);
}

async function until(what: string, seconds: number, check: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!(await check())) {
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  say(`  ok: ${what}`);
}

/** Applies a topology, has it checked, and takes it away again. */
async function withTopology(
  tools: ClusterTools,
  folder: string,
  name: string,
  check: (topology: Topology) => Promise<void>,
): Promise<void> {
  const topology = new Topology(tools, name, readFileSync(join(folder, `${name}.k8s.yaml`), 'utf8'));
  say(name);
  try {
    await topology.apply();
    await new Promise((resolve) => setTimeout(resolve, 5000));
    await topology.openDisks();
    await topology.pushModel();
    say('  ok: the repository has taken the model');
    await topology.waitUntilReady();
    say('  ok: every pod is ready, the servers with the model that they fetched');
    await check(topology);
  } catch (error) {
    process.stderr.write(`${await topology.describe()}\n`);
    throw error;
  } finally {
    await topology.delete();
  }
}

/** Requests for a while, and their answers. */
async function checkAnswers(address: string): Promise<void> {
  // A balancer learns of a server that has just become ready with its next health check.
  await until(`a first request to ${address} is answered`, 30, () => isAnswered(address));
  const load = new Load(address, 4);
  await until(`requests to ${address} are answered`, 30, () => load.answered >= 100);
  await load.stop();
  must(
    load.failures.length === 0,
    `of ${load.answered} requests none failed${load.failures[0] ? `: ${load.failures[0]}` : ''}`,
  );
}

async function checkMetrics(topology: Topology, targets: number): Promise<void> {
  await until(`Prometheus reaches all ${targets} targets`, 90, async () => {
    const up = await topology.query('up');
    return up.length === targets && up.every((value) => value === 1);
  });
  await until('Prometheus has counted the answers', 60, async () => {
    const [answers = 0] = await topology.query(`sum(${METRICS.requests.name}{outcome="ok"})`);
    return answers > 0;
  });
}

async function checkScaling(topology: Topology, address: string): Promise<void> {
  const load = new Load(address, 64);
  await until(
    'under load the autoscaler adds servers',
    240,
    async () => (await topology.readyReplicas('inference')) >= 2,
  );
  await load.stop();
  must(
    load.failures.length === 0,
    `of ${load.answered} requests meanwhile none failed${load.failures[0] ? `: ${load.failures[0]}` : ''}`,
  );
}

async function checkRollout(topology: Topology, address: string): Promise<void> {
  const load = new Load(address, 8);
  await until('requests are answered', 30, () => load.answered > 100);
  await topology.roll('inference');
  await load.stop();
  must(
    load.failures.length === 0,
    `every server was replaced under load, and of ${load.answered} requests none was lost${load.failures[0] ? `: ${load.failures.length} failed, ${load.failures[0]}` : ''}`,
  );
}

async function main(): Promise<void> {
  const tools = ClusterTools.find();
  if (tools === undefined)
    return say('skipped: this machine has no tools to make a cluster with (MIS_SHARED names them)');
  const folder = mkdtempSync(join(tmpdir(), 'cluster-'));
  try {
    say('images');
    await tools.makeImages(ROOT, image('runtime'), OTHERS);
    say('cluster');
    await tools.start();
    await tools.loadImages([image('runtime'), ...OTHERS]);
    const env = { CDK8S_OUTDIR: folder, MIS_ENVIRONMENT: 'smallest' };
    await runCommand(process.execPath, [join(ROOT, 'lib/stacks/main.js')], { env });
    await withTopology(tools, folder, 'single-pod', async (topology) => {
      await checkAnswers('127.0.0.1:30050');
      await checkMetrics(topology, 3);
    });
    await withTopology(tools, folder, 'load-balanced', async (topology) => {
      await checkAnswers('127.0.0.1:30051');
      await checkMetrics(topology, 4);
      await checkScaling(topology, '127.0.0.1:30051');
      await checkRollout(topology, '127.0.0.1:30051');
    });
    say('all of it works');
  } finally {
    rmSync(folder, { recursive: true });
    await tools.stop();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`test:cluster: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
