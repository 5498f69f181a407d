import { packageForm, send, startRepository, type TestRepository } from '../../fixtures/repository';

let repository: TestRepository;
beforeEach(async () => {
  repository = await startRepository();
});
afterEach(() => repository.stop());

interface Event {
  id?: string;
  event?: string;
  data?: string;
}

/** Reads events until there are `count`, then leaves. */
async function read(
  count: number,
  path: string,
  headers: Record<string, string> = {},
  onOpen?: () => unknown,
) {
  const abort = new AbortController();
  const response = await fetch(`${repository.url}${path}`, { headers, signal: abort.signal });
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  await onOpen?.();
  const events: Event[] = [];
  let text = '';
  for await (const chunk of response.body as ReadableStream<Uint8Array>) {
    text += Buffer.from(chunk).toString();
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = Object.fromEntries(
        block.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2)),
      ) as Event;
      if ('event' in event) events.push(event);
    }
    if (events.length >= count) break;
  }
  abort.abort();
  return events.map(({ id, event, data }) => ({ id, event, data: JSON.parse(data ?? '{}') as object }));
}

const create = (version: string) =>
  send(`${repository.url}/model`, 'POST', { model_name: 'fall', model_version: version });

it('tells what happens from now on', async () => {
  await create('1');
  const events = await read(2, '/events', {}, async () => {
    await create('2');
    await fetch(`${repository.url}/model/fall/2`, { method: 'PUT', body: packageForm('x') });
  });
  expect(events).toMatchObject([
    { id: '2', event: 'component', data: { type: 'created', kind: 'model', name: 'fall', version: '2' } },
    {
      id: '3',
      event: 'component',
      data: { type: 'stored', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown },
    },
  ]);
});

it('goes on where Last-Event-ID says, and from a position that is asked for', async () => {
  for (const version of ['1', '2', '3', '4']) await create(version);
  expect((await read(2, '/events', { 'last-event-id': '2' })).map(({ id }) => id)).toEqual(['3', '4']);
  expect((await read(4, '/events?after=0')).map(({ id }) => id)).toEqual(['1', '2', '3', '4']);
});

it('tells a client to look at the lists when its position is not known here', async () => {
  await create('1');
  const events = await read(1, '/events', { 'last-event-id': '1000' });
  expect(events).toEqual([{ id: '1', event: 'reset', data: { last: 1 } }]);
});

it('tells many changes in their order and without a gap', async () => {
  const events = await read(250, '/events?after=0', {}, async () => {
    await Promise.all(Array.from({ length: 250 }, (_, index) => create(String(index))));
  });
  expect(events.map(({ id }) => Number(id))).toEqual(Array.from({ length: 250 }, (_, index) => index + 1));
});

it('ends the feed when the service stops', async () => {
  const response = await fetch(`${repository.url}/events`);
  const ended = response.text();
  await repository.server.stop();
  expect(await ended).toBe('retry: 2000\n\n');
});
