/** Ends the repository in the middle of uploads, again and again: `node lib/scripts/crash-repository.js [rounds] [mongodb://…]`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CrashRounds } from './crash/crash-rounds';
import { embeddedTarget } from './crash/embedded-target';
import { mongoTarget } from './crash/mongo-target';
import { findPackageRoot } from './package-root';

const program = [process.execPath, join(findPackageRoot(__dirname), 'lib/repository/main.js')];

async function main(rounds: number, uri: string | undefined): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'mis-crash-'));
  const target =
    uri === undefined ? embeddedTarget(program, join(folder, 'store')) : mongoTarget(program, uri);
  const seed = Date.now() % 2 ** 31;
  // as long as some uploads take on either store, so that some end and some break
  const latestMs = uri === undefined ? 600 : 3000;
  const options = { rounds, uploadsPerRound: 3, largestBytes: 20_000_000, latestMs, seed };
  try {
    const { acknowledged, broken, faults } = await new CrashRounds(target, options).run();
    process.stdout.write(
      `${rounds} times ended in the middle (seed ${seed}): ${acknowledged} uploads acknowledged, ${broken} broken, ${faults.length} faults\n`,
    );
    for (const fault of faults) process.stdout.write(`  ${fault}\n`);
    process.exitCode = faults.length === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

void main(Number(process.argv[2] ?? 100), process.argv[3]);
