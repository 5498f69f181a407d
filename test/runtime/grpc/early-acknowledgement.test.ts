import {
  Client,
  credentials,
  Server,
  ServerCredentials,
  type ClientDuplexStream,
  type ServerDuplexStream,
} from '@grpc/grpc-js';
import { type ExtendedRequest, type ExtendedResponse } from '../../../runtime/grpc/codec/extended-message';
import { TensorProto, TensorShapeProto } from '../../../runtime/grpc/codec/tensor-proto';
import { earlyAcknowledgement } from '../../../runtime/grpc/early-acknowledgement';
import {
  EXTENDED_SERVICE,
  UndecodableRequest,
  type DecodedRequest,
} from '../../../runtime/grpc/service-definitions';

type ServerCall = ServerDuplexStream<DecodedRequest<ExtendedRequest>, ExtendedResponse>;
type ClientCall = ClientDuplexStream<DecodedRequest<ExtendedRequest>, ExtendedResponse>;

const { predict } = EXTENDED_SERVICE;
const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A server with the interceptor and the stock client of grpc-js connected to it. */
async function connect(
  handler: (call: ServerCall) => void,
  options?: { maxMessages: number; maxBytes: number },
): Promise<ClientCall> {
  const server = new Server({ interceptors: [earlyAcknowledgement(options)] });
  server.addService({ predict }, { predict: handler });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => {
      if (error) reject(error);
      else resolve(bound);
    });
  });
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  closers.push(
    () => client.close(),
    () => server.forceShutdown(),
  );
  return client.makeBidiStreamRequest(predict.path, predict.requestSerialize, predict.responseDeserialize);
}

function answerOf(id: number, bytes: number): ExtendedResponse {
  const proto = new TensorProto();
  proto.dtype = 4;
  proto.shape = new TensorShapeProto([bytes]);
  proto.tensorContent = new Uint8Array(bytes).fill(id & 0xff);
  return { id, tensors: [['prediction', proto]] };
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

describe('early acknowledgement', () => {
  it('brings 50,000 answers of mixed sizes to the stock client, complete, in order and with status OK', async () => {
    const count = 50_000;
    const call = await connect((stream) => {
      stream.on('data', (request: DecodedRequest<ExtendedRequest>) => {
        if (request instanceof UndecodableRequest) throw request.error;
        stream.write(answerOf(request.id, request.id % 1000 === 0 ? 20_000 : 5));
      });
      stream.on('end', () => stream.end());
    });
    const sizes: number[] = [];
    let sent = 0;
    const fill = (): void => {
      while (sent < count && sent - sizes.length < 256) call.write({ id: ++sent, tensors: [] });
      if (sent === count) call.end();
    };
    let misplaced = 0;
    call.on('data', ({ id, tensors }: ExtendedResponse) => {
      const content = tensors[0][1].tensorContent;
      sizes.push(content?.length ?? 0);
      if (id !== sizes.length || content?.[content.length - 1] !== (id & 0xff)) misplaced++;
      if (sent < count) fill();
    });
    const status = new Promise((resolve, reject) => {
      call.on('status', resolve);
      call.on('error', reject);
    });
    fill();
    expect(await status).toMatchObject({ code: 0 });
    expect(misplaced).toBe(0);
    expect(sizes).toHaveLength(count);
    expect(sizes.filter((size) => size === 20_000)).toHaveLength(50);
  });

  it('holds a client back that does not read, and loses nothing once it reads', async () => {
    const count = 3000;
    const bounds = { maxMessages: 64, maxBytes: 1 << 20 };
    let taken = 0;
    const call = await connect((stream) => {
      stream.on('data', () => undefined);
      const write = (): void => {
        while (taken < count) {
          taken++;
          if (!stream.write(answerOf(taken, 4096))) {
            stream.once('drain', write);
            return;
          }
        }
        stream.end();
      };
      write();
    }, bounds);
    const ids: number[] = [];
    call.on('data', ({ id }: ExtendedResponse) => {
      // The client of grpc-js reads all that comes until it was asked for a message: read one, then no more.
      if (ids.push(id) === 1) call.pause();
    });
    call.write({ id: 1, tensors: [] });
    // Wait until the server's side stands still.
    let before = -1;
    for (let quiet = 0, turns = 0; quiet < 10 && turns < 300; turns++) {
      await turn();
      quiet = taken > 0 && taken === before ? quiet + 1 : 0;
      before = taken;
    }
    // What is acknowledged early, the stream's own queue of 16, and what both ends of HTTP/2 buffer meanwhile.
    expect(taken).toBeGreaterThan(bounds.maxMessages / 2);
    expect(taken).toBeLessThan(600);

    await new Promise((resolve, reject) => {
      call.on('status', resolve);
      call.on('error', reject);
      call.resume();
      call.end();
    });
    expect(ids).toEqual(Array.from({ length: count }, (_, index) => index + 1));
  });

  it('bounds bytes as well as messages', async () => {
    let taken = 0;
    const call = await connect(
      (stream) => {
        stream.on('data', () => undefined);
        const write = (): void => {
          while (taken < 500) {
            taken++;
            if (!stream.write(answerOf(taken, 200_000))) {
              stream.once('drain', write);
              return;
            }
          }
        };
        write();
      },
      { maxMessages: 10_000, maxBytes: 1_000_000 },
    );
    call.once('data', () => call.pause());
    call.on('error', () => undefined);
    call.write({ id: 1, tensors: [] });
    for (let turns = 0; turns < 15; turns++) await turn();
    expect(taken).toBeGreaterThan(2);
    expect(taken).toBeLessThan(100);
    call.cancel();
  });

  it.each([
    [{ maxMessages: 0, maxBytes: 1 }, "'maxMessages' must be an integer ≥ 1, got 0"],
    [{ maxMessages: 1, maxBytes: 0.5 }, "'maxBytes' must be an integer ≥ 1, got 0.5"],
  ])('refuses %j', (options, message) => {
    expect(() => earlyAcknowledgement(options)).toThrow(message);
  });
});
