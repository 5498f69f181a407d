import { SteppedFlow } from '../../../runtime/inferencer/model-side/stepped-flow';
import { type Tensor } from '../../../runtime/tensor/tensor';
import { type PaintedPanel } from '../../pictures/painted-panel';
import { type BareModel } from './bare-model';
import { median } from './figures';
import { placedBuiltIn } from './placed-built-in';

const WARM_UP = 12;
const ROUNDS = 31;

/** CPU milliseconds of the steps around the model for one picture: the median after a warm-up. */
export async function measureSteps(bare: BareModel, panel: PaintedPanel): Promise<number> {
  const results = await bare.run(bare.input(panel));
  const outputs: Record<string, Tensor> = {};
  for (const [name, { type, dims, data }] of Object.entries(results)) {
    outputs[name] = { dtype: type as Tensor['dtype'], shape: dims, data: data as Float32Array };
  }
  const names = Object.fromEntries(Object.keys(outputs).map((name) => [name, name]));
  const flow = new SteppedFlow(
    {
      inputs: [
        {
          model: 'image',
          format: { kind: 'tensor' },
          steps: [
            placedBuiltIn('transpose', { axes: [2, 0, 1] }, 'image'),
            placedBuiltIn('image-to-float', {}, 'image'),
          ],
          asRow: false,
          isBatch: false,
        },
      ],
      after: [placedBuiltIn('filter-detections', {}, ''), placedBuiltIn('gather-detections', {}, '', true)],
      outputs: names,
      outputFormats: {},
    },
    { image: { kind: 'tensor', dtype: 'float32' } },
  );
  const image: Tensor = { dtype: 'uint8', shape: [panel.height, panel.width, 3], data: panel.pixels };
  const times: number[] = [];
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    flow.before({ image }, []);
    flow.after(outputs, []);
    const { user, system } = process.cpuUsage(before);
    if (round >= 0) times.push((user + system) / 1000);
  }
  return median(times);
}
