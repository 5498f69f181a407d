import { writeFileSync } from 'node:fs';
import { connect, constants, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { status } from '@grpc/grpc-js';
import { checkHealth } from '../../fixtures/check-health';
import { eventually } from '../../fixtures/eventually';
import { FALL } from '../../fixtures/fall-detection-windows';
import { recordingLog, type RecordingLog } from '../../fixtures/recording-log';
import { FALL_DETECTION, startServer, type StartedServer } from '../../fixtures/start-server';
import { StockClient, outcomeOf, request } from '../../fixtures/stock-client';
import { temporaryFolder } from '../../fixtures/temporary-folder';
import { tokenIssuer, type TokenIssuer } from '../../fixtures/token-issuer';

const PREDICT = '/extended_inference.ExtendedInferenceService/predict';
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const SECRET = 'the-token-of-camera-1';
const OTHER = 'the-token-of-camera-2';

describe('a server that asks for tokens', () => {
  let issuer: TokenIssuer;
  let started: StartedServer;
  let client: StockClient;
  let recorded: RecordingLog;
  let files: { tokens: string; jwks: string };

  beforeAll(async () => {
    issuer = await tokenIssuer();
    const folder = temporaryFolder({
      tokens: `camera-1 fall-detection plain:${SECRET}\ncamera-2 scratch-detection plain:${OTHER}\n`,
      'jwks.json': JSON.stringify({ keys: [issuer.publicKey] }),
    });
    files = { tokens: join(folder, 'tokens'), jwks: join(folder, 'jwks.json') };
    recorded = recordingLog();
    started = await startServer(
      [FALL_DETECTION],
      { ...files, jwtAudience: 'mis', tokenExpiry: 'end' },
      recorded.log,
    );
    client = new StockClient(started.grpc);
  });
  afterAll(async () => {
    client.close();
    await started.server.stop();
  });

  const predict = (metadata: Record<string, string> = {}) =>
    client.call([request(1, { array: FALL.window })], metadata);

  it('answers whoever has a token of its file, or one that is signed', async () => {
    for (const token of [SECRET, await issuer.sign(), await issuer.sign({ pipelines: '*' })]) {
      const { responses, status: end } = await predict(bearer(token));
      expect([responses.length, end.code]).toEqual([1, status.OK]);
    }
  });

  it.each([
    ['no token', {}, 'a token is needed: send it as metadata authorization: Bearer <token>'],
    ['no bearer token', { authorization: 'Basic abc' }, 'the metadata authorization must be: Bearer <token>'],
    ['an unknown token', bearer('the-token-of-nobody'), 'the token is not known'],
    ['a token in the form of a signed one', bearer('a.b.c'), 'the token is no JSON Web Token'],
    ['an endless token', bearer('x'.repeat(10_000)), 'the token is not known'],
  ])('refuses a call with %s', async (_, metadata, message) => {
    const { responses, status: end } = await predict(metadata);
    expect(responses).toEqual([]);
    expect([end.code, end.details]).toEqual([status.UNAUTHENTICATED, message]);
  });

  it('refuses a token that has expired', async () => {
    const { status: end } = await predict(bearer(await issuer.sign({ exp: 1 })));
    expect([end.code, end.details]).toEqual([status.UNAUTHENTICATED, 'the token has expired']);
  });

  it('refuses a token that is for other pipelines, and does not say which there are', async () => {
    const { status: end } = await predict(bearer(OTHER));
    expect([end.code, end.details]).toEqual([
      status.PERMISSION_DENIED,
      "the token of 'camera-2' does not allow pipeline 'fall-detection'; it allows 'scratch-detection' (x-pipeline names the pipeline)",
    ]);
    const unknown = await predict({ ...bearer(OTHER), 'x-pipeline': 'secret' });
    expect(unknown.status.code).toBe(status.PERMISSION_DENIED);
    const without = await predict(bearer(await issuer.sign({ pipelines: undefined })));
    expect(without.status.details).toContain('it allows none');
  });

  it('logs refusals sparingly, without the token, and counts them', async () => {
    const before = recorded.of('call refused').length;
    for (let call = 0; call < 5; call += 1) await predict(bearer('the-token-of-nobody'));
    expect(recorded.of('call refused').length).toBeLessThanOrEqual(before + 1);
    expect(recorded.of('call refused')[0]).toMatchObject({
      level: 'warn',
      method: PREDICT,
      code: 'UNAUTHENTICATED',
    });
    expect(JSON.stringify(recorded.lines)).not.toContain('the-token-of-nobody');
    const metrics = await started.server.metrics.expose();
    expect(
      Number(/mis_calls_denied_total\{reason="unauthenticated"\} (\d+)/.exec(metrics)?.[1]),
    ).toBeGreaterThan(5);
    expect(metrics).toMatch(/mis_calls_denied_total\{reason="permission_denied"\} [1-9]/);
  });

  it('leaves health open, and shows nobody else what it serves', async () => {
    expect(await checkHealth(started.grpc, '')).toBe('SERVING');
    const reflection = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
    await eventually(async () => {
      const allowed = await http2Call(started.grpc, reflection, bearer(SECRET), (stream) => stream.end());
      expect(allowed['grpc-status']).toBe('0');
    });
    const refused = await http2Call(started.grpc, reflection, {}, (stream) => stream.end());
    expect(refused['grpc-status']).toBe(String(status.UNAUTHENTICATED));
  });

  it('does not read what a client without a token sends: 100 MiB stay where they are', async () => {
    const taken = { bytes: 0 };
    let sending: ReturnType<ClientHttp2Session['request']> | undefined;
    const headers = await http2Call(started.grpc, PREDICT, {}, (stream) => {
      sending = stream;
      Readable.from(largeMessage(100 * 1024 * 1024, taken)).pipe(stream);
    });
    expect(headers['grpc-status']).toBe(String(status.UNAUTHENTICATED));
    await eventually(() => expect(sending?.closed).toBe(true));
    // What was under way when the refusal came: the stream's flow-control window, and the client's own buffers.
    expect(taken.bytes).toBeLessThan(4 * 1024 * 1024);
  });

  it('lets a stream that is open go on until its token is withdrawn, answers what has come, and ends it', async () => {
    const stream = client.open(bearer(SECRET));
    const end = outcomeOf(stream);
    const answered = new Promise((resolve) => stream.once('data', resolve));
    stream.write(request(1, { array: FALL.window }));
    await answered;
    writeFileSync(files.tokens, `camera-1 fall-detection plain:another-token-of-camera-1\n`);
    const { responses, status: final } = await end;
    expect(responses.map(({ id }) => id)).toEqual([1]);
    expect([final.code, final.details]).toEqual([status.UNAUTHENTICATED, 'the token is not known']);
    expect((await predict(bearer('another-token-of-camera-1'))).status.code).toBe(status.OK);
    expect((await predict(bearer(SECRET))).status.code).toBe(status.UNAUTHENTICATED);
    expect(await started.server.metrics.expose()).toContain(
      'mis_credential_reloads_total{credential="tokens",outcome="ok"} 1',
    );
  });

  it('ends a stream when its token expires', async () => {
    // Ten seconds of tolerance are granted beyond the end.
    const exp = Math.floor(Date.now() / 1000) - 7;
    const stream = client.open(bearer(await issuer.sign({ exp })));
    const end = outcomeOf(stream);
    stream.write(request(1, { array: FALL.window }));
    const { responses, status: final } = await end;
    expect(responses).toHaveLength(1);
    expect([final.code, final.details]).toEqual([status.UNAUTHENTICATED, 'the token has expired']);
  });

  it('keeps its tokens when their file has become wrong', async () => {
    writeFileSync(files.tokens, 'nonsense\n');
    await eventually(() =>
      expect(recorded.of('changed credentials refused; the previous ones stay in use')).toMatchObject([
        { credential: 'tokens', reason: expect.stringContaining('tokens:1: a line is') as string },
      ]),
    );
    expect((await predict(bearer('another-token-of-camera-1'))).status.code).toBe(status.OK);
  });
});

describe('a server that asks for tokens, by option', () => {
  const tokens = () => join(temporaryFolder({ tokens: `a * plain:${SECRET}\n` }), 'tokens');

  it('asks for one for health, too', async () => {
    const { server, grpc } = await startServer([FALL_DETECTION], { tokens: tokens(), healthAccess: 'token' });
    expect(await checkHealth(grpc, '')).toBe('UNAUTHENTICATED');
    await server.stop();
  });

  it('leaves an open stream alone when its token is withdrawn, unless told to end it', async () => {
    const file = tokens();
    const { server, grpc } = await startServer([FALL_DETECTION], { tokens: file });
    const client = new StockClient(grpc);
    const stream = client.open(bearer(SECRET));
    const end = outcomeOf(stream);
    const answered = new Promise((resolve) => stream.once('data', resolve));
    stream.write(request(1, { array: FALL.window }));
    await answered;
    writeFileSync(file, 'b * plain:another-token-of-b\n');
    await server.reloadCredentials();
    stream.write(request(2, { array: FALL.window }));
    stream.end();
    const { responses, status: final } = await end;
    expect([responses.length, final.code]).toEqual([2, status.OK]);
    client.close();
    await server.stop();
  });

  it('does not start with a file that is wrong', async () => {
    await expect(startServer([FALL_DETECTION], { tokens: 'absent' })).rejects.toThrow('--tokens: ENOENT');
    const jwks = join(temporaryFolder({ jwks: '{}' }), 'jwks');
    await expect(startServer([FALL_DETECTION], { jwks, jwtAudience: 'mis' })).rejects.toThrow('--jwks: ');
  });
});

/** A call without the client of grpc-js: its headers or trailers with the status. */
function http2Call(
  address: string,
  path: string,
  headers: Record<string, string>,
  send: (stream: ReturnType<ClientHttp2Session['request']>) => void,
): Promise<IncomingHttpHeaders> {
  const session = connect(`http://${address}`);
  return new Promise((resolve, reject) => {
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    const take = (received: IncomingHttpHeaders): void => {
      if (received['grpc-status'] === undefined) return;
      resolve(received);
      session.close();
    };
    stream.on('response', take);
    stream.on('trailers', take);
    stream.on('data', () => undefined);
    stream.on('error', reject);
    session.on('error', reject);
    send(stream);
  });
}

/** A message of so many zeros, as it goes over the wire; `taken` says how much of it was asked for. */
function* largeMessage(length: number, taken: { bytes: number }): Generator<Buffer> {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(length, 1);
  yield head;
  for (; taken.bytes < length; taken.bytes += 65_536) yield Buffer.alloc(65_536);
}
