import { constants, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2';
import { decodeBasicResponse } from '../../runtime/services/basic/message';
import { decodeExtendedResponse } from '../../runtime/services/extended/message';
import { BASIC_SERVICE } from '../../runtime/services/basic/definition';
import { type StreamCase } from './fuzz-case';

const FRAME_HEADER_BYTES = 5;

/**
 * Sends the body on a new stream and ends it. Resolves to how the server ended the stream, in a word or two.
 * @throws Error when that is not how gRPC has it, or not in time
 */
export function runStreamCase(
  session: ClientHttp2Session,
  fuzzed: StreamCase,
  limitMs: number,
): Promise<string> {
  const stream = session.request(
    {
      ':method': 'POST',
      ':path': fuzzed.path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...fuzzed.metadata,
    },
    { endStream: false },
  );
  const chunks: Buffer[] = [];
  let status: string | undefined;
  const take = (headers: IncomingHttpHeaders): void => {
    const value = headers['grpc-status'];
    if (value !== undefined) status = String(value);
  };
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      stream.close(constants.NGHTTP2_CANCEL);
      reject(new Error(`no end of the stream within ${limitMs} ms`));
    }, limitMs);
    stream.on('response', take);
    stream.on('trailers', take);
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', () => undefined);
    stream.on('close', () => {
      clearTimeout(timer);
      try {
        resolve(judge(fuzzed, status, stream.rstCode, Buffer.concat(chunks)));
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
    stream.end(fuzzed.body);
  });
}

function judge(fuzzed: StreamCase, status: string | undefined, rstCode: number, body: Buffer): string {
  const answers = countAnswers(fuzzed, body);
  if (status === undefined) {
    if (rstCode === constants.NGHTTP2_NO_ERROR)
      throw new Error('the stream ended without a status or a reset');
    return `reset ${rstCode}`;
  }
  if (!/^(\d|1[0-6])$/.test(status)) throw new Error(`grpc-status is '${status}'`);
  if (status === '0' && fuzzed.messages !== undefined && answers !== fuzzed.messages)
    throw new Error(`${answers} answers to ${fuzzed.messages} messages, and status 0`);
  return `status ${status}`;
}

/** @throws Error when what came back is no sequence of whole messages of the service */
function countAnswers({ path }: StreamCase, body: Buffer): number {
  const decode = path === BASIC_SERVICE.predict.path ? decodeBasicResponse : decodeExtendedResponse;
  let count = 0;
  for (let at = 0; at < body.length; count += 1) {
    const end = at + FRAME_HEADER_BYTES + body.readUInt32BE(at + 1);
    if (end > body.length) throw new Error('an answer that is not whole');
    decode(body.subarray(at + FRAME_HEADER_BYTES, end));
    at = end;
  }
  return count;
}
