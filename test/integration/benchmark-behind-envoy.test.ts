import { spawn, type ChildProcess } from 'node:child_process';
import { Balancing } from '../../constructs/envoy/balancing';
import { type Bootstrap, buildBootstrap } from '../../constructs/envoy/bootstrap';
import { parseProfile } from '../../contracts/benchmark/read-profile';
import { runProfile } from '../../scripts/benchmark/driver/run-profile';
import { EnvoyProcess, freePort, until } from '../fixtures/envoy-process';
import { describeWith } from '../fixtures/tools';
import { FALL_DETECTION, startServer, type StartedServer } from '../fixtures/start-server';

const DOCUMENT = `
profile: fall-detection
clients: 4
devices: 20
rate: 5
warmUp: 500ms
measure: 2s
scrapeInterval: 500ms
limits: { lateness: 10s, cpuShare: 100 }
`;

describeWith(
  ['Envoy', 'node-exporter'],
  'mis-bench with two servers behind Envoy',
  (envoyProgram, exporterProgram) => {
    const servers: StartedServer[] = [];
    let envoy: EnvoyProcess | undefined;
    let nodeExporter: ChildProcess | undefined;

    afterEach(async () => {
      nodeExporter?.kill();
      await envoy?.stop();
      await Promise.all(servers.map(({ server }) => server.stop()));
    });

    it('has every request answered, and sees what balancer, host and servers used', async () => {
      servers.push(await startServer([FALL_DETECTION]), await startServer([FALL_DETECTION]));
      const [port, observationPort, adminPort, nodePort] = await Promise.all([1, 2, 3, 4].map(freePort));
      const bootstrap = buildBootstrap({
        endpoints: servers.map(({ grpc }) => ({ host: '127.0.0.1', port: Number(grpc.split(':')[1]) })),
        balancing: Balancing.roundRobin(),
        ...{ limits: {}, port, observationPort, adminPort },
        ...{ drainSeconds: 1, maxStreamsPerConnection: 100, maxConnections: 100 },
      });
      const local = JSON.stringify(bootstrap).replaceAll('"0.0.0.0"', '"127.0.0.1"');
      const started = await EnvoyProcess.start(envoyProgram, JSON.parse(local) as Bootstrap, observationPort);
      envoy = started;
      await until(async () => (await started.stat('membership_healthy{', 'inference')) === 2);
      nodeExporter = spawn(exporterProgram, [`--web.listen-address=127.0.0.1:${nodePort}`], {
        stdio: 'ignore',
      });
      await until(async () => (await fetch(`http://127.0.0.1:${nodePort}/metrics`)).ok);

      const warnings: string[] = [];
      const { measurements, endedEarly } = await runProfile(
        parseProfile(DOCUMENT),
        { address: `127.0.0.1:${port}` },
        {
          ...{ deployment: '2 behind Envoy', inProcess: true, onWarning: (text) => warnings.push(text) },
          scrape: {
            'runtime-1': `http://${servers[0].http}/metrics`,
            'runtime-2': `http://${servers[1].http}/metrics`,
            envoy: `http://127.0.0.1:${observationPort}/stats/prometheus`,
            host: `http://127.0.0.1:${nodePort}/metrics`,
          },
          watch: { 'envoy process': started.pid },
        },
      );
      expect(endedEarly).toBeUndefined();
      expect(warnings).toEqual([]);
      const [found] = measurements;
      expect(found.counts).toMatchObject({ due: 800, answered: 800, failed: 0, lost: 0 });
      expect(found.invalid).toEqual([]);
      const by = Object.fromEntries(found.resources.map((use) => [use.target, use]));
      // Both servers had streams: each ran some batches.
      expect(by['runtime-1'].meanBatchSize).toBeGreaterThanOrEqual(1);
      expect(by['runtime-2'].meanBatchSize).toBeGreaterThanOrEqual(1);
      // Four hundred requests a second of about 150 bytes.
      expect(by.envoy.receivedBytesPerSecond).toBeGreaterThan(20_000);
      expect(by.envoy.sentBytesPerSecond).toBeGreaterThan(5_000);
      expect(by.envoy.cpuCores).toBeNull();
      expect(by['envoy process'].cpuCores).toBeGreaterThan(0);
      expect(by['envoy process'].memoryBytes).toBeGreaterThan(10_000_000);
      expect(by.host.cpuCores).toBeGreaterThan(0);
      expect(by.host.memoryBytes).toBeGreaterThan(100_000_000);
    }, 60_000);
  },
);
