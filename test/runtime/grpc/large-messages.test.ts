import { connect, type ClientHttp2Stream } from 'node:http2';
import { toTensor } from '../../../runtime/grpc/tensors/converters';
import {
  decodeExtendedResponse,
  encodeExtendedResponse,
  LargeResponse,
  serializeExtendedResponse,
} from '../../../runtime/services/extended/message';
import { EXTENDED_SERVICE } from '../../../runtime/services/extended/definition';
import { tensor, type Tensor } from '../../../runtime/tensor/tensor';
import { identityModel } from '../../fixtures/models/tiny-models';
import { pipelineFolder } from '../../fixtures/pipeline-folder';
import { startServer } from '../../fixtures/start-server';
import { StockClient, request } from '../../fixtures/stock-client';

function picture(length: number): Tensor {
  return tensor(
    'uint8',
    [1, length],
    Uint8Array.from({ length }, (_, i) => (i * 31) & 255),
  );
}

function echo(): string {
  return pipelineFolder(identityModel('uint8', ['batch', 'length']), {
    name: 'echo',
    input: { x: { dtype: 'uint8', shape: ['batch', 'length'] } },
    output: { y: { dtype: 'uint8', shape: ['batch', 'length'] } },
  });
}

describe('a large answer', () => {
  it('is written once, into the memory that grpc-js sends it from, with the bytes of any other', () => {
    const message = { id: 7, tensors: request(7, { y: picture(400_000), z: picture(3) }).tensors };
    const large = serializeExtendedResponse(message);
    expect(large).toBeInstanceOf(LargeResponse);
    const small = serializeExtendedResponse({ id: 1, tensors: [] });
    expect(small).toBeInstanceOf(Buffer);
    const target = Buffer.alloc(large.byteLength + 5);
    large.copy(target, 5);
    expect(Buffer.compare(target.subarray(5), encodeExtendedResponse(message))).toBe(0);
    expect(decodeExtendedResponse(target.subarray(5)).id).toBe(7);
  });

  it('arrives whole at a stock client, in its place among others', async () => {
    const { server, grpc } = await startServer([echo()]);
    const client = new StockClient(grpc);
    const sizes = [2_000_000, 1, 300_000, 5_000_000, 255_000];
    const { responses } = await client.call(sizes.map((size, id) => request(id, { x: picture(size) })));
    client.close();
    await server.stop();
    expect(responses.map(({ id, error }) => [id, error])).toEqual(sizes.map((_, id) => [id, undefined]));
    responses.forEach(({ tensors: [[name, proto]] }, i) => {
      const expected = picture(sizes[i]).data as Uint8Array;
      expect(Buffer.compare(toTensor(proto, name).data as Uint8Array, expected)).toBe(0);
    });
  });
});

describe('a message over the limit', () => {
  it('is refused by its header, before the rest has come', async () => {
    const { server, grpc } = await startServer([echo()], { maxMessage: '1MiB' });
    const session = connect(`http://${grpc}`);
    const stream: ClientHttp2Stream = session.request({
      ':method': 'POST',
      ':path': EXTENDED_SERVICE.predict.path,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    const header = Buffer.alloc(5 + 100);
    header.writeUInt32BE(2 ** 20 + 1, 1);
    stream.write(header);
    const trailers = await new Promise<Record<string, unknown>>((resolve) => {
      stream.on('headers', resolve);
      stream.on('response', (headers) => {
        if (headers['grpc-status'] !== undefined) resolve(headers);
      });
      stream.on('trailers', resolve);
      stream.on('error', () => undefined);
      stream.resume();
    });
    session.destroy();
    expect(trailers['grpc-status']).toBe('8');
    expect(decodeURIComponent(String(trailers['grpc-message']))).toContain('1048577 vs 1048576');
    const client = new StockClient(grpc);
    const { responses } = await client.call([request(3, { x: picture(1000) })]);
    client.close();
    await server.stop();
    expect(responses.map(({ id, error }) => [id, error])).toEqual([[3, undefined]]);
  });
});
