/**
 * Writes the scratch-detection model as ONNX. Run by `npm run build` without options; with them:
 * node lib/scripts/build-scratch-detection-model.js [--scale small|full] [--batch none|one|many] [--out file]
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildScratchDetectionModel } from './models/scratch-detection/scratch-detection-model';
import { findPackageRoot } from '../contracts/program/package-root';

const SCALES = ['small', 'full'] as const;
const BATCHES = ['none', 'one', 'many'] as const;

function oneOf<T extends string>(option: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === value);
  if (found !== undefined) return found;
  process.stderr.write(`${option} must be one of ${allowed.join(', ')}, got '${value}'\n`);
  return process.exit(2);
}

const { values } = parseArgs({
  options: {
    scale: { type: 'string', default: 'small' },
    batch: { type: 'string', default: 'none' },
    out: {
      type: 'string',
      default: join(
        findPackageRoot(__dirname),
        'stacks/pipelines/scratch-detection/components/model/scratch-detection/1.0.0/model.onnx',
      ),
    },
  },
});
const bytes = buildScratchDetectionModel({
  scale: oneOf('--scale', values.scale, SCALES),
  batch: oneOf('--batch', values.batch, BATCHES),
});
mkdirSync(dirname(values.out), { recursive: true });
writeFileSync(values.out, bytes);
