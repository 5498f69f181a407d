import { connect, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { EXTENDED_SERVICE } from '../../../runtime/services/extended/definition';
import { type ServerProcess } from '../../server-process';
import { fallDetectionFrames } from './fall-detection-frames';
import { pause, say } from './figures';
import { pipelineDocument, readSeries, serve } from './served';

// npm run bench:idle-streams [-- <streams> [<connections>]]: what open streams without requests cost the server.

const [STREAMS = 10_000, CONNECTIONS = 10] = process.argv.slice(2).map(Number);
const WANTED_KB = 30;
const OPEN = 'inference_streams{pipeline="fall-detection"}';
const HEADERS = {
  ':method': 'POST',
  ':path': EXTENDED_SERVICE.predict.path,
  'content-type': 'application/grpc',
  te: 'trailers',
};

/** Waits until the server's own metric counts `streams`. */
async function untilOpen(server: ServerProcess, streams: number): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    if ((await readSeries(server, OPEN)) === streams) return;
    await pause(100);
  }
  throw new Error(`the server did not come to ${streams} streams within a minute`);
}

async function openStreams(server: ServerProcess): Promise<[ClientHttp2Session[], ClientHttp2Stream[]]> {
  const sessions = Array.from({ length: CONNECTIONS }, () => connect(`http://${server.ready.grpc}`));
  await Promise.all(
    sessions.map((session) => new Promise((resolve) => session.once('remoteSettings', resolve))),
  );
  const streams: ClientHttp2Stream[] = [];
  for (let index = 0; index < STREAMS; index += 1) {
    const stream = sessions[index % CONNECTIONS].request(HEADERS, { endStream: false });
    stream.on('data', () => undefined);
    streams.push(stream);
    if (index % 200 === 199) await pause(10);
  }
  await untilOpen(server, STREAMS);
  return [sessions, streams];
}

async function useEach(server: ServerProcess, streams: readonly ClientHttp2Stream[]): Promise<void> {
  const frames = fallDetectionFrames(64);
  const answered = streams.map((stream) => new Promise((resolve) => stream.once('data', resolve)));
  for (const [index, stream] of streams.entries()) {
    stream.write(frames[index % frames.length]);
    if (index % 200 === 199) await pause(10);
  }
  await Promise.all(answered);
  await untilOpen(server, STREAMS);
}

async function main(): Promise<void> {
  const maxStreams = String(Math.ceil(STREAMS / CONNECTIONS));
  const server = await serve([pipelineDocument('fall-detection'), '--max-streams', maxStreams]);
  await pause(1000);
  const emptyMb = server.residentMb('now');
  const perStream = (mb: number): string => `${(((mb - emptyMb) * 1000) / STREAMS).toFixed(1)} kB a stream`;
  const [sessions, streams] = await openStreams(server);
  await pause(2000);
  const idleMb = server.residentMb('now');
  say(`${STREAMS} idle streams, ${CONNECTIONS} connections`, `${perStream(idleMb)} (≤ ${WANTED_KB} wanted)`);
  await useEach(server, streams);
  await pause(2000);
  say('the same after an answer on each', perStream(server.residentMb('now')));
  const startMs = server.cpuMs();
  await pause(5000);
  say('CPU while they are idle', `${((server.cpuMs() - startMs) / 50).toFixed(1)} % of a core`);
  for (const session of sessions) session.destroy();
  await untilOpen(server, 0);
  say(
    'resident memory',
    `${emptyMb.toFixed(0)} MB before, ${idleMb.toFixed(0)} MB with them, ${server.residentMb('now').toFixed(0)} MB after`,
  );
  await server.stop();
}

void main();
