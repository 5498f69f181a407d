import { FloodStream } from '../../../../../scripts/benchmark/comparisons/overload/flood-stream';
import { frame } from '../../../../../scripts/benchmark/driver/requests/frame';
import { EXTENDED_SERVICE } from '../../../../../runtime/services/extended/definition';
import { zeros } from '../../../../../runtime/tensor/tensor';
import { eventually } from '../../../../fixtures/eventually';
import { slowModel } from '../../../../fixtures/models/tiny-models';
import { pipelineFolder } from '../../../../fixtures/pipeline-folder';
import { startServer } from '../../../../fixtures/start-server';
import { request } from '../../../../fixtures/stock-client';

const ask = (values: number): Buffer =>
  frame(EXTENDED_SERVICE.predict.requestSerialize(request(1, { x: zeros('float32', [1, values]) })));

describe('FloodStream', () => {
  it('counts good answers and refused ones, and says when it is held back', async () => {
    const path = pipelineFolder(slowModel(600), {
      name: 'slow',
      input: { x: { dtype: 'float32', shape: [1, 2] } },
      inferencer: { execution: 'worker', batching: false },
      admission: { maxRequests: 1, maxWaitMs: 0 },
    });
    const { server, grpc } = await startServer([path]);
    const answers: boolean[] = [];
    const stream = new FloodStream(grpc, (refused) => answers.push(refused));
    for (let sent = 0; sent < 4; sent += 1) stream.send(ask(2));
    expect([stream.inFlight, stream.isHeldBack]).toEqual([4, false]);
    await eventually(() => expect(answers).toEqual([false, true, true, true]));
    expect(stream.inFlight).toBe(0);
    stream.destroy();
    await server.stop();
  });

  it('is held back by a server that does not read it', async () => {
    const path = pipelineFolder(slowModel(600), {
      name: 'slow',
      input: { x: { dtype: 'float32', shape: [1, 2] } },
      inferencer: { execution: 'worker', batching: false },
      admission: { maxRequests: 1 },
    });
    const { server, grpc } = await startServer([path]);
    const stream = new FloodStream(grpc, () => undefined);
    for (let sent = 0; sent < 5000; sent += 1) stream.send(ask(2));
    await eventually(() => expect(stream.answered).toBeGreaterThan(0));
    expect(stream.isHeldBack).toBe(true);
    stream.destroy();
    await server.stop();
  });
});
