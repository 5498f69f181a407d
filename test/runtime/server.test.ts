import { status } from '@grpc/grpc-js';
import { toTensor } from '../../runtime/grpc/tensors/converters';
import { tensor, zeros } from '../../runtime/tensor/tensor';
import { checkHealth, watchHealth } from '../fixtures/check-health';
import { eventually } from '../fixtures/eventually';
import { FALL, NO_FALL } from '../fixtures/fall-detection-windows';
import { identityModel, slowModel } from '../fixtures/models/tiny-models';
import { pipelineFolder } from '../fixtures/pipeline-folder';
import { FALL_DETECTION, startServer } from '../fixtures/start-server';
import { StockClient, outcomeOf, request } from '../fixtures/stock-client';

describe('InferenceServer', () => {
  it('drains: answers what has arrived, then ends each stream so that its client turns elsewhere', async () => {
    const { server, grpc } = await startServer([FALL_DETECTION]);
    const client = new StockClient(grpc);
    const stream = client.open();
    const outcome = outcomeOf(stream);
    const first = new Promise((resolve) => stream.once('data', resolve));
    for (let id = 0; id < 10; id += 1) stream.write(request(id, { array: FALL.window }));
    await first;
    await server.stop();
    const { responses, status: end } = await outcome;
    expect(responses).toHaveLength(10);
    expect(end.code).toBe(status.UNAVAILABLE);
    expect(server.lifecycle.state).toBe('stopped');
    client.close();
  });

  it('is seen to be no longer ready by a standard health client as soon as it drains', async () => {
    const path = pipelineFolder(slowModel(300), {
      name: 'slow',
      input: { x: { dtype: 'float32', shape: [1, 2] } },
      inferencer: { execution: 'worker' },
    });
    const { server, grpc } = await startServer([path]);
    const client = new StockClient(grpc);
    const inFlight = client.call([request(1, { x: zeros('float32', [1, 2]) })]);
    const seen = watchHealth(grpc, 'readiness', 2);
    await eventually(async () => expect(await checkHealth(grpc, 'readiness')).toBe('SERVING'));
    const stopped = server.stop();
    expect(await seen).toEqual(['SERVING', 'NOT_SERVING']);
    await stopped;
    expect((await inFlight).responses.map(({ error }) => error)).toEqual([undefined]);
    client.close();
  });

  it('passes messages of more than a hundred megabytes', async () => {
    const size = 28 * 1024 * 1024;
    const path = pipelineFolder(identityModel('float32', ['n']), {
      name: 'large',
      input: { x: { dtype: 'float32', shape: ['n'] } },
    });
    const { server, grpc } = await startServer([path]);
    const client = new StockClient(grpc);
    const sent = new Float32Array(size).fill(0.5);
    sent[size - 1] = 7;
    const { responses, status: end } = await client.call([
      request(1, { x: tensor('float32', [size], sent) }),
    ]);
    expect(end.code).toBe(status.OK);
    const { shape, data } = toTensor(responses[0].tensors[0][1], 'y');
    expect([shape, data[0], data[size - 1]]).toEqual([[size], 0.5, 7]);
    client.close();
    await server.stop();
  });

  it('is ready over HTTP while it is, and exposes its metrics', async () => {
    const { server, grpc, http } = await startServer([FALL_DETECTION]);
    const client = new StockClient(grpc);
    await client.call([
      request(1, { array: FALL.window }),
      request(2, {}),
      request(3, { array: NO_FALL.window }),
    ]);
    const ready = await fetch(`http://${http}/readyz`);
    expect([ready.status, await ready.text()]).toEqual([200, 'ready\n']);
    expect((await fetch(`http://${http}/healthz`)).status).toBe(200);
    expect((await fetch(`http://${http}/nothing`)).status).toBe(404);
    expect((await fetch(`http://${http}/metrics`, { method: 'POST' })).status).toBe(405);
    for (const path of ['/', '/metrics']) {
      const response = await fetch(`http://${http}${path}`);
      expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
      const text = await response.text();
      for (const line of [
        'inference_request_processing_seconds_count 3',
        'inference_request_latency_seconds_count 3',
        'inference_pipeline_preparation_seconds_count 1',
        'inference_requests_total{pipeline="fall-detection",outcome="ok"} 2',
        'inference_requests_total{pipeline="fall-detection",outcome="invalid_argument"} 1',
        'inference_in_flight{pipeline="fall-detection"} 0',
        'inference_queue_depth{pipeline="fall-detection"} 0',
        'inference_step_seconds_count{pipeline="fall-detection",step="preprocessing[0] scale"} 2',
        'inference_queue_seconds_count{pipeline="fall-detection"} 2',
        'inference_batch_size_sum{pipeline="fall-detection"} 2',
      ]) {
        expect(text).toContain(`${line}\n`);
      }
      expect(text).toMatch(/^inference_model_seconds_count\{pipeline="fall-detection"\} [12]$/m);
      expect(text).toContain('process_resident_memory_bytes');
    }
    client.close();
    await server.stop();
    await expect(fetch(`http://${http}/readyz`)).rejects.toThrow();
  });

  it('names every problem that keeps it from starting, and closes again', async () => {
    const { server, grpc, http } = await startServer([FALL_DETECTION]);
    await expect(startServer([FALL_DETECTION], { grpc, http })).rejects.toThrow(
      `--grpc: cannot listen on ${grpc}: the port is in use; take another, or 0 for any free one\n` +
        `--http: cannot listen on ${http}: the port is in use`,
    );
    await expect(startServer([FALL_DETECTION, FALL_DETECTION])).rejects.toThrow(
      "name: 'fall-detection' is also the name of",
    );
    await server.stop();
  });
});
