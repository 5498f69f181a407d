import { type Bootstrap } from '../../constructs/envoy/bootstrap';
import { buildBootstrap } from '../../constructs/envoy/build-bootstrap';
import { Balancing } from '../../constructs/envoy/balancing';
import { freePort } from '../free-port';
import { EnvoyProcess, until } from './envoy-process';

/** An Envoy in front of servers of this machine, as the construct configures it. */
export interface Balancer {
  readonly envoy: EnvoyProcess;
  /** What clients connect to. */
  readonly address: string;
}

/** Starts `program` and waits until it has found all the servers well. */
export async function balance(program: string, ports: readonly number[]): Promise<Balancer> {
  const [port, observationPort, adminPort] = [await freePort(), await freePort(), await freePort()];
  const bootstrap = buildBootstrap({
    endpoints: ports.map((server) => ({ host: '127.0.0.1', port: server })),
    balancing: Balancing.roundRobin(),
    limits: {},
    port,
    observationPort,
    adminPort,
    drainSeconds: 1,
    maxStreamsPerConnection: 100,
    maxConnections: 100,
  });
  const envoy = await EnvoyProcess.start(program, onLoopback(bootstrap), observationPort);
  try {
    await untilHealthy(envoy, ports.length);
  } catch (error) {
    await envoy.stop();
    throw error;
  }
  return { envoy, address: `127.0.0.1:${port}` };
}

export function untilHealthy(envoy: EnvoyProcess, servers: number): Promise<void> {
  return until(async () => (await envoy.stat('membership_healthy{', 'inference')) === servers);
}

function onLoopback(bootstrap: Bootstrap): Bootstrap {
  return JSON.parse(JSON.stringify(bootstrap).replaceAll('"0.0.0.0"', '"127.0.0.1"')) as Bootstrap;
}
