import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse, stringify } from 'yaml';
import { toTensor } from '../../../runtime/grpc/tensors/converters';
import { tensor } from '../../../runtime/tensor/tensor';
import {
  WEIGHTS,
  RECORDING,
  confidenceOfFall,
  readObservations,
  toModelInput,
} from '../../fixtures/fall-detection';
import { FALL_DETECTION, startServer } from '../../fixtures/start-server';
import { StockClient, request } from '../../fixtures/stock-client';
import { temporaryFolder } from '../../fixtures/temporary-folder';

const STREAMS = 12;
const REQUESTS = 40;
const observations = readObservations(RECORDING);
const windowAt = (index: number): number[][] => observations.slice(index, index + 9);
/** Windows of one stream, other ones than those of its neighbours. */
const windowOf = (stream: number, index: number): number =>
  (stream * 97 + index * 7) % (observations.length - 9);

const document = parse(readFileSync(FALL_DETECTION, 'utf8')) as object;
const batching = { maxBatchSize: 64, maxQueueDelayMs: 0, maxQueueSize: 1024 };

describe('the fall-detection document gives the answers of the published computation', () => {
  it.each([
    ['inline and batched', { execution: 'inline', batching }],
    ['inline, each request alone', { execution: 'inline', batching: false }],
    ['in a worker and batched', { execution: 'worker', batching }],
    ['in two workers, each request alone', { execution: 'worker', workers: 2, batching: false }],
    [
      'in a worker, after waiting for a fuller batch',
      { execution: 'worker', batching: { ...batching, maxQueueDelayMs: 3 } },
    ],
  ])('%s, each to the request that asked for it', async (_, inferencer) => {
    const folder = temporaryFolder({ 'pipeline.yaml': stringify({ ...document, inferencer }) });
    const components = [join(dirname(FALL_DETECTION), 'components')];
    const { server, grpc } = await startServer([join(folder, 'pipeline.yaml')], { components });
    const client = new StockClient(grpc);
    const outcomes = await Promise.all(
      Array.from({ length: STREAMS }, (_unused, stream) =>
        client.call(
          Array.from({ length: REQUESTS }, (_nothing, index) => {
            const values = windowAt(windowOf(stream, index)).flat();
            return request(index, { array: tensor('int16', [9, 3], Int16Array.from(values)) });
          }),
        ),
      ),
    );
    client.close();
    await server.stop();
    for (const [stream, { responses }] of outcomes.entries()) {
      expect(responses.map(({ id }) => id)).toEqual(
        Array.from({ length: REQUESTS }, (_unused, index) => index),
      );
      for (const [index, { tensors }] of responses.entries()) {
        const expected = confidenceOfFall(toModelInput(windowAt(windowOf(stream, index))), WEIGHTS);
        expect(Math.abs((toTensor(tensors[0][1], 'prediction').data[0] as number) - expected)).toBeLessThan(
          1e-6,
        );
      }
    }
  });
});
