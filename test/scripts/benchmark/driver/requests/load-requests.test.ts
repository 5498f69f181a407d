import { join } from 'node:path';
import { decodeBasicRequest } from '../../../../../runtime/services/basic/message';
import { decodeExtendedRequest } from '../../../../../runtime/services/extended/message';
import { toTensor } from '../../../../../runtime/grpc/tensors/converters';
import { readRecording } from '../../../../../scripts/benchmark/comparisons/fall-detection-frames';
import { loadRequests } from '../../../../../scripts/benchmark/driver/requests/load-requests';
import { paintPanel } from '../../../../../scripts/pictures/painted-panel';
import { temporaryFolder } from '../../../../fixtures/temporary-folder';

/** A framed request as the server reads it. */
function decode(frame: Buffer): {
  id: number;
  inputs: Record<string, { dtype: string; shape: readonly number[]; data: unknown }>;
} {
  expect([frame[0], frame.readUInt32BE(1)]).toEqual([0, frame.length - 5]);
  const { id, tensors } = decodeExtendedRequest(frame.subarray(5));
  const inputs = tensors.map(([name, proto]) => {
    const { dtype, shape, data } = toTensor(proto, name);
    return [name, { dtype, shape: [...shape], data }] as const;
  });
  return { id, inputs: Object.fromEntries(inputs) };
}

describe('loadRequests', () => {
  it('makes a request of each window of the recording', () => {
    const { frames, path } = loadRequests('extended', { use: 'fall-detection', dtype: 'int32' });
    const observations = readRecording();
    expect(path).toBe('/extended_inference.ExtendedInferenceService/predict');
    expect(frames).toHaveLength(observations.length - 8);
    const window = observations.slice(700, 709).flat();
    expect(decode(frames[700])).toEqual({
      id: 700,
      inputs: { array: { dtype: 'int32', shape: [9, 3], data: Int32Array.from(window) } },
    });
  });

  it('makes batches of painted panels', () => {
    const size = { width: 640, height: 600 };
    const { frames } = loadRequests('extended', { use: 'scratch-detection', batch: 2, ...size });
    expect(frames).toHaveLength(2);
    const { array } = decode(frames[1]).inputs;
    expect(array.shape).toEqual([2, 600, 640, 3]);
    const third = paintPanel({ seed: 3, scratches: 3, ...size }).pixels;
    expect(Buffer.compare((array.data as Uint8Array).subarray(0, third.length), third)).toBe(0);
  });

  it('makes requests of columns, windows and lists of files', () => {
    const folder = temporaryFolder({
      'a.csv': 'x,y,z\n1,2,3\n4,5,6\n7,8,9\n',
      'b.json': '[[7]]',
      'c.json': '[[8]]',
    });
    const file = (name: string): string => join(folder, name);
    const windows = loadRequests('extended', {
      use: 'files',
      inputs: [{ name: 'w', file: file('a.csv'), dtype: 'float32' }],
      window: { length: 2, width: 2, stride: 1 },
      columns: ['z', 1],
    });
    expect(windows.frames.map((frame) => decode(frame).inputs.w.data)).toEqual([
      Float32Array.of(3, 1, 6, 4),
      Float32Array.of(6, 4, 9, 7),
    ]);
    const listed = loadRequests('extended', {
      use: 'files',
      inputs: [
        { name: 'l', file: [file('b.json'), file('c.json')] },
        { name: 'same', file: file('b.json') },
      ],
    });
    expect(listed.frames.map((frame) => Object.values(decode(frame).inputs).map(({ data }) => data))).toEqual(
      [
        [Int32Array.of(7), Int32Array.of(7)],
        [Int32Array.of(8), Int32Array.of(7)],
      ],
    );
  });

  it('makes whole requests of a file', () => {
    const folder = temporaryFolder({ 'r.jsonl': '{"a": [1, 2]}\n{"a": [3, 4]}\n' });
    const { frames } = loadRequests('extended', { use: 'files', requests: join(folder, 'r.jsonl') });
    expect(frames.map((frame) => decode(frame).inputs.a.data)).toEqual([
      Int32Array.of(1, 2),
      Int32Array.of(3, 4),
    ]);
  });

  it('sends float32 to the Basic service', () => {
    const { frames, path } = loadRequests('basic', { use: 'fall-detection', dtype: 'int16' });
    expect(path).toBe('/basic_inference.BasicInferenceService/predict');
    const { id, tensor } = decodeBasicRequest(frames[1].subarray(5));
    expect(id).toBe(1);
    expect([...tensor!.shape]).toEqual([9, 3]);
    expect([...tensor!.array]).toEqual(readRecording().slice(1, 10).flat());
  });

  it.each([
    [
      'a recording that is too short',
      { use: 'fall-detection', dtype: 'int16', recording: 'short.csv' },
      'a window takes 9',
    ],
    [
      'a recording with text in it',
      { use: 'fall-detection', dtype: 'int16', recording: 'text.csv' },
      "text.csv:2: 'b' is no number",
    ],
    ['values beyond the dtype', { use: 'fall-detection', dtype: 'int16', recording: 'large.csv' }, '70000'],
    [
      'lists of different lengths',
      {
        use: 'files',
        inputs: [
          { name: 'a', file: ['x', 'y'] },
          { name: 'b', file: ['z'] },
        ],
      },
      'must be of the same length, got a 2, b 1',
    ],
  ] as const)('refuses %s', (_, data, message) => {
    const folder = temporaryFolder({
      'short.csv': '1,2,3\n4,5,6\n',
      'text.csv': '1,2,3\na,b,c\n'.replace('a,b', '1,b'),
      'large.csv': '70000,0,0\n'.repeat(9),
    });
    const placed = 'recording' in data ? { ...data, recording: join(folder, data.recording) } : data;
    expect(() =>
      loadRequests('extended', structuredClone(placed) as Parameters<typeof loadRequests>[1]),
    ).toThrow(message);
  });
});
