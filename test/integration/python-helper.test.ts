import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../fixtures/package';
import { compileProtos } from '../fixtures/python';
import { startServer } from '../fixtures/start-server';
import { temporaryFolder } from '../fixtures/temporary-folder';
import { itWith } from '../fixtures/tools';
import { OnnxGraph } from '../../scripts/onnx/onnx-graph';
import { encodeOnnxModel } from '../../scripts/onnx/onnx-model';

const run = promisify(execFile);
const HELPER = join(ROOT, 'clients/python');

it('is short enough to be read before it is copied', () => {
  expect(readFileSync(join(HELPER, 'mis_tensor.py'), 'utf8').split('\n').length).toBeLessThanOrEqual(61);
});

itWith('Python with grpcio', 'makes and reads tensors of every kind, scalars too', async (python) => {
  const generated = temporaryFolder();
  compileProtos(python, generated);
  const folder = temporaryFolder({
    'pipeline.yaml': `
name: scalar
input: { x: { dtype: float32, shape: [n, 2] }, k: { dtype: float32, shape: [] } }
model: { name: scale, version: '1' }
`,
    'components/model/scale/1/scale.onnx': scaleModel(),
  });
  const { server, grpc } = await startServer([join(folder, 'pipeline.yaml')]);
  try {
    const program = join(__dirname, 'python/tensor_helper.py');
    const { stdout } = await run(python, [program, generated, HELPER, grpc], { timeout: 20_000 });
    const result = JSON.parse(stdout) as Record<string, unknown> & { same: boolean[] };
    expect(result).toEqual({
      same: Array.from({ length: 17 }, () => true),
      repeated: [
        [7, 8],
        [8, 8],
      ],
      zeros: [0, 0, 0],
      half: [1.5],
      complex: [[1, -2]],
      scalar: 0.5,
      refused: 'no tensor has elements of datetime64[D]',
      answer: { y: [[3, 3]] },
      error: '',
    });
  } finally {
    await server.stop();
  }
});

/** y = x × k */
function scaleModel(): Uint8Array {
  const graph = new OnnxGraph('scale');
  const x = graph.input('x', 'float32', ['n', 2]);
  const k = graph.input('k', 'float32', []);
  graph.output(graph.node('Mul', [x, k], { name: 'y' }), 'float32', ['n', 2]);
  return encodeOnnxModel(graph);
}
