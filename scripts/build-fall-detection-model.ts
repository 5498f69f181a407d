/** Writes the fall-detection model as ONNX from its published parameters. Run by `npm run build`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildFallDetectionModel, type FallDetectionWeights } from './models/fall-detection-model';
import { findPackageRoot } from '../contracts/program/package-root';

const useCase = join(findPackageRoot(__dirname), 'stacks/pipelines/fall-detection');
const weights = JSON.parse(readFileSync(join(useCase, 'weights.json'), 'utf8')) as FallDetectionWeights;
writeFileSync(
  join(useCase, 'components/model/fall-detection/pilot-2-2/model.onnx'),
  buildFallDetectionModel(weights),
);
