import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { connect, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { EXTENDED_SERVICE } from '../../../runtime/services/extended/definition';
import { type ServerProcess } from '../../server-process';
import { fallDetectionFrames } from './fall-detection-frames';
import { say } from './figures';
import { pipelineDocument, readSeries, serve, using } from './served';

// npm run bench:idle-streams [-- <streams> [<connections>]]: what open streams without requests cost the server.

const [STREAMS = 10_000, CONNECTIONS = 10] = process.argv.slice(2).map(Number);
const WANTED_KB = 30;
const OPEN = 'inference_streams{pipeline="fall-detection"}';
const HEADERS = {
  ...{ ':method': 'POST', ':path': EXTENDED_SERVICE.predict.path },
  ...{ 'content-type': 'application/grpc', te: 'trailers' },
};

/** Waits until the server's own metric counts `streams`. */
async function untilOpen(server: ServerProcess, streams: number): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    if ((await readSeries(server, OPEN)) === streams) return;
    await pause(100);
  }
  throw new Error(`the server did not come to ${streams} streams within a minute`);
}

/** Calls for every stream, with pauses in which the server and this process catch up. */
async function eachStream(call: (index: number) => void): Promise<void> {
  for (let index = 0; index < STREAMS; index += 1) {
    call(index);
    if (index % 200 === 199) await pause(10);
  }
}

async function openStreams(
  server: ServerProcess,
  sessions: readonly ClientHttp2Session[],
): Promise<ClientHttp2Stream[]> {
  await Promise.all(sessions.map((session) => once(session, 'remoteSettings')));
  const streams: ClientHttp2Stream[] = [];
  await eachStream((index) => {
    const stream = sessions[index % CONNECTIONS].request(HEADERS, { endStream: false });
    streams.push(stream.on('data', () => undefined));
  });
  await untilOpen(server, STREAMS);
  return streams;
}

async function measure(server: ServerProcess): Promise<void> {
  await pause(1000);
  const emptyMb = server.residentMb('now');
  const perStream = (mb: number): string => `${(((mb - emptyMb) * 1000) / STREAMS).toFixed(1)} kB a stream`;
  const sessions = Array.from({ length: CONNECTIONS }, () => connect(`http://${server.ready.grpc}`));
  const streams = await openStreams(server, sessions);
  await pause(2000);
  const idleMb = server.residentMb('now');
  say(`${STREAMS} idle streams, ${CONNECTIONS} connections`, `${perStream(idleMb)} (≤ ${WANTED_KB} wanted)`);
  const answered = Promise.all(streams.map((stream) => once(stream, 'data')));
  const frames = fallDetectionFrames(64);
  await eachStream((index) => void streams[index].write(frames[index % frames.length]));
  await answered;
  await untilOpen(server, STREAMS);
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
}

const maxStreams = String(Math.ceil(STREAMS / CONNECTIONS));
void using(serve([pipelineDocument('fall-detection'), '--max-streams', maxStreams]), measure);
