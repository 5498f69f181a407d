import { readFileSync } from 'node:fs';
import { packagedRecording, loadRequests } from '../driver/requests/load-requests';

const AXES = 3;

/** The recording's observations, [n][3], in units of the sensor. */
export function readRecording(): number[][] {
  const rows = readFileSync(packagedRecording(), 'utf8').trim().split('\n').slice(1);
  return rows.flatMap((row) => {
    const values = row.split(',').map(Number);
    return [values.slice(0, AXES), values.slice(AXES)];
  });
}

/** Framed Extended requests of the recording's first windows, as the published Python client sends them (int32). */
export function fallDetectionFrames(count: number): Buffer[] {
  return loadRequests('extended', { use: 'fall-detection', dtype: 'int32' }).frames.slice(0, count);
}
