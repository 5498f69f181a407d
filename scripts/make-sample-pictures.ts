/**
 * Writes sample pictures as PNG and what is really on them as truth.json:
 * node lib/scripts/make-sample-pictures.js <folder> [--count 8] [--first-seed 1]
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { paintPanel } from './pictures/painted-panel';
import { samplePanels } from './pictures/sample-panels';

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { count: { type: 'string', default: '8' }, 'first-seed': { type: 'string', default: '1' } },
  });
  const [folder] = positionals;
  const count = Number(values.count);
  const firstSeed = Number(values['first-seed']);
  if (
    folder === undefined ||
    positionals.length > 1 ||
    !(count >= 1) ||
    !Number.isInteger(count + firstSeed)
  ) {
    process.stderr.write('usage: make-sample-pictures <folder> [--count 8] [--first-seed 1]\n');
    process.exit(2);
  }
  mkdirSync(folder, { recursive: true });
  const truth: Record<string, unknown> = {};
  for (const { name, options } of samplePanels(count, firstSeed)) {
    const { width, height, pixels, scratches } = paintPanel(options);
    const file = `${name}.png`;
    await sharp(pixels, { raw: { width, height, channels: 3 } })
      .png()
      .toFile(join(folder, file));
    truth[file] = {
      width,
      height,
      scratches: scratches.map(({ box, mask }) => ({
        box,
        pixels: mask.reduce((sum, pixel) => sum + pixel, 0),
      })),
    };
  }
  writeFileSync(join(folder, 'truth.json'), `${JSON.stringify(truth, null, 2)}\n`);
}

void main();
