import { type Bootstrap, buildBootstrap } from '../../constructs/envoy/bootstrap';
import { Balancing } from '../../constructs/envoy/balancing';
import { freePort } from '../free-port';
import { EnvoyProcess, until, type EnvoyProcessOptions } from './envoy-process';

/** An Envoy in front of servers of this machine, as the construct configures it. */
export interface Balancer {
  readonly envoy: EnvoyProcess;
  /** What clients connect to. */
  readonly address: string;
}

/**
 * Starts `program` and waits until it has found all the servers well.
 * @param servers `host:port` of each
 */
export async function balance(
  program: string,
  servers: readonly string[],
  options: EnvoyProcessOptions = {},
): Promise<Balancer> {
  const [port, observationPort, adminPort] = [await freePort(), await freePort(), await freePort()];
  const bootstrap = buildBootstrap({
    endpoints: servers.map((address) => {
      const [host, serverPort] = address.split(':');
      return { host, port: Number(serverPort) };
    }),
    balancing: Balancing.roundRobin(),
    limits: {},
    port,
    observationPort,
    adminPort,
    drainSeconds: 1,
    maxStreamsPerConnection: 1024,
    maxConnections: 10_000,
  });
  const envoy = await EnvoyProcess.start(program, onLoopback(bootstrap), observationPort, options);
  try {
    await untilHealthy(envoy, servers.length);
  } catch (error) {
    await envoy.stop();
    throw error;
  }
  return { envoy, address: `127.0.0.1:${port}` };
}

export function untilHealthy(envoy: EnvoyProcess, servers: number): Promise<void> {
  return until(async () => (await envoy.stat('membership_healthy{', 'inference')) === servers);
}

/** Loopback only; in a pod Envoy listens on every address. */
function onLoopback(bootstrap: Bootstrap): Bootstrap {
  return JSON.parse(JSON.stringify(bootstrap).replaceAll('"0.0.0.0"', '"127.0.0.1"')) as Bootstrap;
}
