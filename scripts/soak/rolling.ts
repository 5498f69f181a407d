import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { balance, untilHealthy } from '../envoy/balance';
import { findEnvoy } from '../envoy/envoy-program';
import { Fleet } from './fleet';
import { MarkedPipeline } from './marked-pipeline';
import { type Report } from './report';
import { runRollingUpdate } from './rolling-update';

const SERVERS = 3;
const STREAMS = 8;

/** Updates three servers behind Envoy, one after the other, again and again, while clients go on. */
export async function soakRolling(report: Report, requests: number): Promise<void> {
  const program = findEnvoy()?.path;
  if (program === undefined) throw new Error('there is no Envoy here; ENVOY may name its program');
  const folder = mkdtempSync(join(tmpdir(), 'mis-soak-'));
  const pipeline = new MarkedPipeline(folder, 'auto');
  const fleet = await Fleet.start(pipeline.document, SERVERS);
  try {
    const { envoy, address } = await balance(program, fleet.addresses);
    try {
      const settled = (): Promise<void> => untilHealthy(envoy, SERVERS);
      const { mark } = pipeline;
      const found = await runRollingUpdate(fleet, { address, mark, streams: STREAMS, requests, settled });
      report.verdict('answers', found.requests >= requests, `${found.requests} (≥ ${requests})`);
      report.say(
        'servers replaced',
        `${found.replaced} times, the longest end ${found.longestEndMs.toFixed(0)} ms`,
      );
      report.verdict(
        'exit codes',
        found.exitCodes.every((code) => code === 0),
        [...new Set(found.exitCodes)].join(', '),
      );
      report.verdict('lost', found.faults.length === 0, String(found.faults.length));
      for (const fault of found.faults) report.say('', fault);
    } finally {
      await envoy.stop();
    }
  } finally {
    await fleet.stop();
    rmSync(folder, { recursive: true });
  }
}
