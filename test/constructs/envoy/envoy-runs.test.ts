import { execFileSync } from 'node:child_process';
import { Client, credentials, Metadata, status } from '@grpc/grpc-js';
import { Balancing } from '../../../constructs/envoy/balancing';
import { type Bootstrap, buildBootstrap } from '../../../constructs/envoy/bootstrap';
import { drainCommand } from '../../../constructs/envoy/envoy-pod';
import { ListenerTls } from '../../../constructs/envoy/listener-tls';
import { describeWith } from '../../fixtures/tools';
import { EnvoyProcess, freePort, until, validate } from '../../fixtures/envoy-process';
import { ECHO, StandInServer } from './stand-in-server';

const { predict } = ECHO as { predict: NonNullable<(typeof ECHO)[string]> };

function open(port: number) {
  const unlimited = { 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 };
  // A fresh connection each time, so that what one test leaves behind is not met by the next.
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
    ...unlimited,
    'grpc.use_local_subchannel_pool': 1,
  });
  const call = client.makeBidiStreamRequest(
    predict.path,
    predict.requestSerialize,
    predict.responseDeserialize,
    new Metadata(),
  );
  return { client, call };
}

/** One stream with one message; the name of the server that answered. */
async function ask(port: number, message = 'x'): Promise<string> {
  const { client, call } = open(port);
  try {
    const answer = await new Promise<Buffer>((resolve, reject) => {
      call.once('data', resolve).once('error', reject);
      call.end(Buffer.from(message));
    });
    return String(answer).split(':')[0] ?? '';
  } finally {
    client.close();
  }
}

/** A stream that stays open; which server it is with, and a way to use it. */
async function hold(port: number) {
  const { client, call } = open(port);
  call.on('error', () => undefined);
  const say = (message: string) =>
    new Promise<string>((resolve, reject) => {
      call.once('data', (answer: Buffer) => resolve(String(answer))).once('error', reject);
      call.write(Buffer.from(message));
    });
  const release = () => {
    call.end();
    client.close();
  };
  return { server: (await say('first')).split(':')[0] ?? '', say, release };
}

describeWith(['Envoy', 'OpenSSL 3'], 'the generated configuration in a real Envoy', (program) => {
  let servers: StandInServer[] = [];
  let envoy: EnvoyProcess;
  let port: number;
  let adminPort: number;

  async function start(balancing: Balancing): Promise<void> {
    const [listener, observationPort, admin] = [await freePort(), await freePort(), await freePort()];
    [port, adminPort] = [listener, admin];
    servers = [await StandInServer.start('one'), await StandInServer.start('two')];
    const bootstrap = buildBootstrap({
      endpoints: servers.map((server) => ({ host: '127.0.0.1', port: server.port })),
      balancing,
      limits: {},
      port,
      observationPort,
      adminPort,
      drainSeconds: 2,
      maxStreamsPerConnection: 1024,
      maxConnections: 100,
    });
    envoy = await EnvoyProcess.start(program, onLoopback(bootstrap), observationPort);
    await until(async () => (await envoy.stat('membership_healthy{', 'inference')) === 2);
  }

  afterEach(async () => {
    await envoy?.stop();
    servers.forEach((server) => server.stop());
  });

  it('is valid with TLS and client certificates too', () => {
    const tls = ListenerTls.fromSecret('edge-tls', { clientCa: 'clients' });
    const bootstrap = buildBootstrap({
      endpoints: [{ host: 'fall-headless.ml.svc.cluster.local', port: 50051 }],
      balancing: Balancing.leastRequest(),
      limits: { streams: 10 },
      port: 50051,
      observationPort: 9902,
      adminPort: 9901,
      drainSeconds: 30,
      maxStreamsPerConnection: 8,
      maxConnections: 100,
      tls,
    });
    expect(validate(program, bootstrap, tls)).toContain('OK');
  });

  it('sends streams to the servers in turn', async () => {
    await start(Balancing.roundRobin());
    const answers: string[] = [];
    for (let i = 0; i < 6; i += 1) answers.push(await ask(port));
    expect(answers.slice(0, 2).sort()).toEqual(['one', 'two']);
    expect(answers.filter((name) => name === 'one')).toHaveLength(3);
  });

  it('prefers the server with fewer open streams', async () => {
    await start(Balancing.leastRequest());
    const held = await hold(port);
    for (let i = 0; i < 4; i += 1) expect(await ask(port)).not.toBe(held.server);
    held.release();
  });

  it('lets a message of 40 MiB pass', async () => {
    await start(Balancing.leastRequest());
    const { client, call } = open(port);
    const size = 40 * 1024 * 1024;
    const answer = await new Promise<Buffer>((resolve, reject) => {
      call.once('data', resolve).once('error', reject);
      call.end(Buffer.alloc(size));
    });
    expect(answer.length).toBe(size + 4);
    client.close();
  });

  it('sends no new stream to a server that is not ready, and comes back to it', async () => {
    await start(Balancing.leastRequest());
    servers[0]?.setReady(false);
    await until(async () => (await envoy.stat('membership_healthy{', 'inference')) === 1);
    for (let i = 0; i < 4; i += 1) expect(await ask(port)).toBe('two');
    servers[0]?.setReady(true);
    await until(async () => (await envoy.stat('membership_healthy{', 'inference')) === 2);
  });

  it('tries another server where one has gone, and loses nothing', async () => {
    await start(Balancing.leastRequest());
    // The one that is left has an open stream, so that the one that went looks like the better choice.
    const held = await hold(port);
    const gone = servers.find(({ name }) => name !== held.server);
    gone?.stop();
    for (let i = 0; i < 10; i += 1) expect(await ask(port)).toBe(held.server);
    held.release();
  });

  it('shows readiness and metrics, and nothing else of its administration', async () => {
    await start(Balancing.leastRequest());
    expect((await envoy.get('/ready')).status).toBe(200);
    expect(await (await envoy.get('/stats/prometheus?usedonly')).text()).toContain('envoy_cluster_upstream');
    for (const path of ['/', '/quitquitquit', '/config_dump', '/stats', '/drain_listeners']) {
      expect((await envoy.get(path)).status).toBe(404);
    }
  });

  it('drains by the command of the pod: open streams go on, the rest are sent away', async () => {
    await start(Balancing.leastRequest());
    const held = await hold(port);
    execFileSync('bash', ['-c', drainCommand(adminPort, 0)]);
    await until(async () => {
      const answered = await ask(port).then(
        () => undefined,
        (error: { code: number }) => error.code,
      );
      return answered === status.UNAVAILABLE;
    });
    expect(await held.say('after')).toBe(`${held.server}:after`);
    expect((await envoy.get('/ready')).status).toBe(200);
    held.release();
  });
});

/** The same configuration, listening on the loopback address alone. */
function onLoopback(bootstrap: Bootstrap): Bootstrap {
  return JSON.parse(JSON.stringify(bootstrap).replaceAll('"0.0.0.0"', '"127.0.0.1"')) as Bootstrap;
}
