import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Client, credentials } from '@grpc/grpc-js';
import { type BasicResponse } from '../../../runtime/services/basic/message';
import { toTensor } from '../../../runtime/grpc/tensors/converters';
import { BASIC_SERVICE } from '../../../runtime/services/basic/definition';
import { tensor } from '../../../runtime/tensor/tensor';
import { FALL, NO_FALL } from '../../fixtures/fall-detection-windows';
import { FALL_DETECTION, startServer } from '../../fixtures/start-server';
import { StockClient, request } from '../../fixtures/stock-client';
import { temporaryFolder } from '../../fixtures/temporary-folder';

const components = join(dirname(FALL_DETECTION), 'components');
const reference = join(__dirname, '../../fixtures/reference-fall-detection');

async function confidences(directory: string): Promise<number[]> {
  const { server, grpc } = await startServer([directory], { components: [components] });
  const client = new StockClient(grpc);
  const integers = FALL.window;
  const shorts = tensor('int16', NO_FALL.window.shape, Int16Array.from(NO_FALL.window.data));
  const { responses } = await client.call([request(1, { array: integers }), request(2, { array: shorts })]);
  client.close();
  await server.stop();
  return responses.map(({ tensors, error }) => {
    if (error !== undefined) throw new Error(error.message);
    const [[name, proto]] = tensors;
    expect([name, toTensor(proto, name).shape]).toEqual(['prediction', [1, 1]]);
    return toTensor(proto, name).data[0] as number;
  });
}

describe('a reference configuration directory', () => {
  it('is served as it is, to clients that send int32 or int16', async () => {
    const [fall, noFall] = await confidences(reference);
    expect(fall).toBeCloseTo(FALL.confidence, 5);
    expect(noFall).toBeCloseTo(NO_FALL.confidence, 5);
  });

  it('is served whatever engine it names', async () => {
    const copy = temporaryFolder();
    cpSync(reference, copy, { recursive: true });
    const model = join(copy, 'model.json');
    writeFileSync(model, readFileSync(model, 'utf8').replace('"onnx"', '"tflite"'));
    expect((await confidences(copy))[0]).toBeCloseTo(FALL.confidence, 5);
  });

  it('answers over the Basic service when its setup names it', async () => {
    const copy = temporaryFolder();
    cpSync(reference, copy, { recursive: true });
    const setup = join(copy, 'setup.json');
    writeFileSync(setup, readFileSync(setup, 'utf8').replaceAll('extended-inf', 'basic-inf'));
    const { server, grpc } = await startServer([copy], { components: [components] });
    const { path, requestSerialize, responseDeserialize } = BASIC_SERVICE.predict;
    const client = new Client(grpc, credentials.createInsecure());
    const stream = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
    stream.write({
      id: -1,
      tensor: { array: Float32Array.from(FALL.window.data), shape: Int32Array.of(9, 3) },
    });
    stream.end();
    const answers: BasicResponse[] = [];
    for await (const answer of stream) answers.push(answer as BasicResponse);
    client.close();
    await server.stop();
    expect(answers).toHaveLength(1);
    expect([answers[0].id, answers[0].tensor?.shape]).toEqual([-1, Int32Array.of(1, 1)]);
    expect(answers[0].tensor?.array[0]).toBeCloseTo(FALL.confidence, 5);
  });
});
