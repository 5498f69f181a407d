import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InferenceClient, type Answer, type Inputs, type StepTimings } from '../../../runtime/client';
import { createProgram } from '../../../runtime/cli/program';
import { runProgram } from '../../../contracts/program/run-program';
import { FALL } from '../../fixtures/fall-detection-windows';
import { FALL_DETECTION, startServer, type StartedServer } from '../../fixtures/start-server';
import { temporaryFolder } from '../../fixtures/temporary-folder';

const folder = temporaryFolder({
  tokens: 'a * plain:the-first-token-of-a\n',
  'token-of-a': 'the-first-token-of-a\n',
  'requests.jsonl': `${JSON.stringify({ array: { dtype: 'int16', shape: [9, 3], data: [...FALL.window.data] } })}\n`,
});
const file = (name: string): string => join(folder, name);

describe('a client with a token', () => {
  let started: StartedServer;
  beforeAll(async () => {
    started = await startServer([FALL_DETECTION], { tokens: file('tokens'), tokenExpiry: 'end' });
  });
  beforeEach(async () => {
    writeFileSync(file('tokens'), 'a * plain:the-first-token-of-a\n');
    await started.server.reloadCredentials();
  });
  afterEach(() => jest.restoreAllMocks());
  afterAll(() => started.server.stop());

  const clientWith = (token: string | (() => string)): InferenceClient =>
    new InferenceClient({ address: started.grpc, token });

  it.each([
    ['itself', 'the-first-token-of-a'],
    ['a function', () => 'the-first-token-of-a'],
  ])('is answered, the token given as %s', async (_, token) => {
    const client = clientWith(token);
    expect((await client.predict({ array: FALL.window })).prediction.shape).toEqual([1, 1]);
    client.close();
  });

  it('is told when the token is none', async () => {
    const client = clientWith('the-token-of-nobody');
    const refused = { code: 'UNAUTHENTICATED', message: 'the token is not known' };
    await expect(client.predict({ array: FALL.window })).rejects.toMatchObject(refused);
    client.close();
  });

  it('is told when there is no token to be had', async () => {
    const client = clientWith(() => {
      throw new Error('the file is gone');
    });
    const refused = { code: 'UNAUTHENTICATED', message: 'no token: the file is gone' };
    await expect(client.predict({ array: FALL.window })).rejects.toMatchObject(refused);
    client.close();
  });

  it('cannot be made with a text that is no token', () => {
    expect(() => clientWith('two words')).toThrow('token: must be a text without spaces or line breaks');
    expect(() => clientWith('two words')).not.toThrow('two words');
  });

  it('goes on with its new token when the server ends the stream for the old one', async () => {
    let token = 'the-first-token-of-a';
    // What goes out while the server's word is on its way is sent again.
    const client = new InferenceClient({
      address: started.grpc,
      token: () => token,
      reconnect: { resend: true },
    });
    async function* requests(): AsyncGenerator<Inputs> {
      yield { array: FALL.window };
      await renewed;
      yield { array: FALL.window };
    }
    let renew = (): void => undefined;
    const renewed = new Promise<void>((resolve) => (renew = resolve));
    const answers: Answer[] = [];
    for await (const answer of client.stream(requests())) {
      answers.push(answer);
      if (answers.length > 1) continue;
      writeFileSync(file('tokens'), 'a * plain:the-second-token-of-a\n');
      token = 'the-second-token-of-a';
      await started.server.reloadCredentials();
      renew();
    }
    expect(answers.map(({ error }) => error)).toEqual([undefined, undefined]);
    client.close();
  });

  it('is told where the server spent its time, when it asks', async () => {
    const client = clientWith('the-first-token-of-a');
    const told: StepTimings[] = [];
    const requests = Array.from({ length: 3 }, () => ({ array: FALL.window }));
    let answered = 0;
    for await (const { error } of client.stream(requests, { onTimings: (timings) => told.push(timings) })) {
      expect(error).toBeUndefined();
      answered += 1;
    }
    expect(answered).toBe(3);
    expect(told).toHaveLength(1);
    expect(told[0].total.count).toBe(3);
    expect(told[0]['preprocessing[0] scale']).toMatchObject({ count: 3 });
    client.close();
  });

  it('is mis infer as well, which prints the timings', async () => {
    const written: string[] = [];
    for (const name of ['stdout', 'stderr'] as const) {
      jest.spyOn(process[name], 'write').mockImplementation((chunk) => written.push(String(chunk)) > 0);
    }
    const infer = (...args: string[]): Promise<number> =>
      runProgram(createProgram(), ['node', 'mis', 'infer', '--address', started.grpc, ...args]);
    const refused = await infer(file('requests.jsonl'));
    const answered = await infer(file('requests.jsonl'), '--token-file', file('token-of-a'), '--timings');
    jest.restoreAllMocks();
    expect([refused, answered]).toEqual([1, 0]);
    expect(written.join('')).toContain('UNAUTHENTICATED: a token is needed');
    expect(written.join('')).toMatch(
      / {2}preprocessing\[0\] scale +1 times, mean \d+\.\d{3} ms, at most \d+\.\d{3} ms\n/,
    );
  });
});
