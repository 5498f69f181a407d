import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { toTensorProto } from '../../runtime/grpc/converters';
import { encodeExtendedRequest } from '../../runtime/grpc/codec/extended-message';
import { tensor } from '../../runtime/tensor/tensor';
import { findPackageRoot } from '../package-root';
import { frame } from './raw-grpc-stream';

const WINDOW = 9;
const AXES = 3;

/** The recording's observations, [n][3], in units of the sensor. */
export function readRecording(): number[][] {
  const file = join(findPackageRoot(__dirname), 'stacks/pipelines/fall-detection/recording.csv');
  const rows = readFileSync(file, 'utf8').trim().split('\n').slice(1);
  return rows.flatMap((row) => {
    const values = row.split(',').map(Number);
    return [values.slice(0, AXES), values.slice(AXES)];
  });
}

/** Framed Extended requests, one for each window of the recording, as the published Python client sends them (int32). */
export function fallDetectionFrames(count: number): Buffer[] {
  const observations = readRecording();
  return Array.from({ length: count }, (_, index) => {
    const start = index % (observations.length - WINDOW + 1);
    const data = Int32Array.from(observations.slice(start, start + WINDOW).flat());
    const proto = toTensorProto(tensor('int32', [WINDOW, AXES], data));
    return frame(encodeExtendedRequest({ id: index, tensors: [['array', proto]] }));
  });
}
