/**
 * Ends the repository in the middle of uploads, again and again:
 * `node lib/scripts/crash-repository.js [rounds] [mongodb://… | mongo-wire]`. The last starts the MongoDB-wire server that
 * lies beside the repository and ends it, too, in turn with the service.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CrashRounds } from './crash/crash-rounds';
import { embeddedTarget } from './crash/embedded-target';
import { mongoTarget } from './crash/mongo-target';
import { MongoServer, mongoWireProgram } from './mongo-server';
import { findPackageRoot } from '../contracts/program/package-root';

const root = findPackageRoot(__dirname);
const program = [process.execPath, join(root, 'lib/repository/main.js')];

async function startDatabase(store: string): Promise<MongoServer | undefined> {
  if (store !== 'mongo-wire') return undefined;
  const wire = mongoWireProgram();
  if (wire === undefined) throw new Error('the MongoDB-wire server is not beside the repository');
  return MongoServer.start(wire);
}

async function main(rounds: number, store = 'embedded'): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'mis-crash-'));
  const database = await startDatabase(store);
  const target =
    store === 'embedded'
      ? embeddedTarget(program, join(folder, 'store'))
      : mongoTarget(program, database?.uri('crash') ?? store, database);
  const seed = Date.now() % 2 ** 31;
  // as long as some uploads take on either store, so that some end and some break
  const extent =
    store === 'embedded'
      ? { largestBytes: 20_000_000, latestMs: 600 }
      : { largestBytes: 5_000_000, latestMs: 1500 };
  try {
    const rounded = new CrashRounds(target, { rounds, uploadsPerRound: 3, seed, ...extent });
    const { acknowledged, broken, faults } = await rounded.run();
    process.stdout.write(
      `${rounds} times ended in the middle (seed ${seed}): ${acknowledged} uploads acknowledged, ${broken} broken, ${faults.length} faults\n`,
    );
    for (const fault of faults) process.stdout.write(`  ${fault}\n`);
    process.exitCode = faults.length === 0 ? 0 : 1;
  } finally {
    await database?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

void main(Number(process.argv[2] ?? 100), process.argv[3]);
