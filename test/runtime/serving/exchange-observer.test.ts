import { type Conversion } from '../../../runtime/serving/exchange-call';
import { type ExchangeObserver, type ObservedExchange } from '../../../runtime/serving/exchange-observer';
import { type PipelineHost } from '../../../runtime/serving/pipeline-host';
import { tensor, type Flow, type Tensor } from '../../../runtime/tensor/tensor';
import { concatStringsModel, identityModel } from '../../fixtures/models/tiny-models';
import { openHost, PLAIN, requestContext, type PlainAnswer } from '../../fixtures/open-host';
import { pipelineFolder } from '../../fixtures/pipeline-folder';
import { recordingLog } from '../../fixtures/recording-log';

/** Keeps what it saw. */
function observer(
  wants: ExchangeObserver['wants'] = () => true,
): ExchangeObserver & { seen: ObservedExchange[] } {
  const seen: ObservedExchange[] = [];
  return { seen, wants, observe: (exchange) => void seen.push(exchange) };
}

const pair = (first: number): Tensor => tensor('float32', [1, 2], Float32Array.of(first, -first));
const named = (x: Tensor): Flow => new Map([['x', x]]);
const dataOf = (flow: Flow | undefined, name: string): unknown =>
  (flow?.get(name) as Tensor | undefined)?.data;

describe('an observer of an exchange', () => {
  const recorded = recordingLog();
  let host: PipelineHost;
  const endings: (() => void)[] = [];
  const observe = (added: ExchangeObserver): void => void endings.push(host.exchange.observe(added));
  const ask = (
    inputs: Flow,
    id: string | number = 1,
    conversion: Conversion<Flow, PlainAnswer> = PLAIN,
  ): Promise<PlainAnswer> =>
    host.exchange.answer(
      host.find(undefined, 'extended'),
      conversion,
      inputs,
      requestContext({ id, caller: 'camera-1', stream: 'ward-3' }),
    );

  beforeAll(async () => {
    const document = { name: 'identity', input: { x: { dtype: 'float32' as const, shape: ['n', 2] } } };
    host = await openHost(pipelineFolder(identityModel('float32'), document), recorded.log);
    await host.start();
  });
  afterEach(() => endings.splice(0).forEach((end) => end()));
  afterAll(() => host.close());

  it('sees what was sent and what was answered, with whom it was for', async () => {
    const all = observer();
    observe(all);
    await ask(named(pair(3)), 42);
    expect(all.seen).toHaveLength(1);
    const [{ inputs, outputs, arrivedMs, answeredMs, ...names }] = all.seen;
    expect(names).toEqual({ pipeline: 'identity', id: 42, stream: 'ward-3', caller: 'camera-1' });
    expect(dataOf(inputs, 'x')).toEqual(Float32Array.of(3, -3));
    expect(dataOf(outputs, 'y')).toEqual(Float32Array.of(3, -3));
    expect(answeredMs).toBeGreaterThanOrEqual(arrivedMs);
  });

  it('has copies: of inputs whose memory is taken away, of outputs that are changed later', async () => {
    const all = observer();
    observe(all);
    const sent = pair(5);
    const taking: Conversion<Flow, PlainAnswer> = {
      ...PLAIN,
      toResponse: (id, outputs) => {
        const buffer = (sent.data as Float32Array).buffer as ArrayBuffer;
        structuredClone(buffer, { transfer: [buffer] });
        (dataOf(outputs, 'y') as Float32Array).fill(9);
        return { id, outputs };
      },
    };
    await ask(named(sent), 1, taking);
    expect(sent.data).toHaveLength(0);
    expect(dataOf(all.seen[0].inputs, 'x')).toEqual(Float32Array.of(5, -5));
    expect(dataOf(all.seen[0].outputs, 'y')).toEqual(Float32Array.of(5, -5));
  });

  it('sees a failed request with its failure, and what was sent if that could be read', async () => {
    const all = observer();
    observe(all);
    const wrong = named(tensor('float32', [2], Float32Array.of(1, 2)));
    await expect(ask(wrong)).rejects.toThrow('expected shape [n, 2], got [2]');
    const unreadable = { ...PLAIN, toInputs: () => fail('no tensors') };
    await expect(ask(wrong, 2, unreadable)).rejects.toThrow('internal error');
    expect(all.seen.map(({ failure }) => failure?.code)).toEqual(['INPUT_MISMATCH', 'INTERNAL']);
    expect(all.seen.map(({ inputs }) => dataOf(inputs, 'x'))).toEqual([Float32Array.of(1, 2), undefined]);
    expect(all.seen.map(({ outputs }) => outputs)).toEqual([undefined, undefined]);
  });

  it('costs no copy of requests that none wants, nor after it has ended', async () => {
    const even = observer(({ id }) => Number(id) % 2 === 0);
    observe(even);
    const copied = async (id: number): Promise<number> => {
      const sent = pair(id);
      const slice = jest.spyOn(sent.data as Float32Array, 'slice');
      await ask(named(sent), id);
      return slice.mock.calls.length;
    };
    expect([await copied(1), await copied(2), await copied(3)]).toEqual([0, 1, 0]);
    expect(even.seen.map(({ id }) => id)).toEqual([2]);
    endings.splice(0).forEach((end) => end());
    expect(await copied(4)).toBe(0);
    expect(even.seen).toHaveLength(1);
  });

  it('is called after those that were added before it, and after the answer', async () => {
    const calls: string[] = [];
    for (const name of ['first', 'second']) {
      observe({
        wants: () => calls.push(`${name} wants`) > 0,
        observe: () => void calls.push(`${name} observes`),
      });
    }
    await ask(named(pair(1)), 1, {
      ...PLAIN,
      toResponse: (id, outputs) => {
        calls.push('answer');
        return { id, outputs };
      },
    });
    expect(calls).toEqual(['first wants', 'second wants', 'answer', 'first observes', 'second observes']);
  });

  it('that fails is logged, and harms neither the request nor the other observers', async () => {
    observe({ wants: () => fail('not today'), observe: () => undefined });
    observe({ wants: () => true, observe: () => fail('no room') });
    const all = observer();
    observe(all);
    expect(dataOf((await ask(named(pair(2)))).outputs, 'y')).toEqual(Float32Array.of(2, -2));
    expect(all.seen).toHaveLength(1);
    expect(recorded.of('an observer of requests failed')).toMatchObject([{ level: 'error' }]);
    expect(await host.metrics.expose()).toContain('inference_in_flight{pipeline="identity"} 0\n');
  });
});

describe('an observer of strings', () => {
  it('has copies of their bytes, which are views into a message', async () => {
    const strings = { dtype: 'string' as const, shape: ['n'] };
    const document = { name: 'strings', input: { first: strings, second: strings } };
    const host = await openHost(pipelineFolder(concatStringsModel(), document));
    await host.start();
    const all = observer();
    host.exchange.observe(all);
    const message = Buffer.from('ab');
    const inputs = new Map<string, Tensor>([
      ['first', tensor('string', [1], [message.subarray(0, 1)])],
      ['second', tensor('string', [1], [message.subarray(1, 2)])],
    ]);
    await host.exchange.answer(host.find(undefined, 'extended'), PLAIN, inputs, requestContext());
    message.fill('x');
    expect(dataOf(all.seen[0].inputs, 'first')).toEqual([Buffer.from('a')]);
    expect(dataOf(all.seen[0].outputs, 'both')).toEqual([Buffer.from('ab')]);
    await host.close();
  });
});

function fail(message: string): never {
  throw new Error(message);
}
