import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Table from 'cli-table3';
import sharp from 'sharp';
import { InferenceClient } from '../../runtime/client';
import { type Tensor } from '../../runtime/tensor/tensor';
import { findPackageRoot } from '../../contracts/program/package-root';
import { annotatePicture } from '../pictures/annotate-picture';
import { paintPanel, type PaintedPanel } from '../pictures/painted-panel';
import { samplePanels } from '../pictures/sample-panels';
import { type DemoOptions } from './demo-options';
import { detectionsOf, unpackRuns, type PictureDetection } from './picture-detections';
import { serveUseCase } from './serve-use-case';
import { say, serveOn } from './tell';

/** Pictures of the demo, and how many of them a request brings. */
const PICTURES = 8;
const BATCH = 4;

interface Sample {
  readonly name: string;
  readonly panel: PaintedPanel;
}

type Outputs = Readonly<Record<string, Tensor>>;

/**
 * Serves the scratch-detection pipelines, sends sample pictures as raw tensors and as JPEG files, writes the answers as
 * pictures with boxes and masks, and tells what was found and what is really there.
 */
export async function runScratchDetectionDemo(options: DemoOptions): Promise<void> {
  const folder = join(findPackageRoot(__dirname), '.cache/demo/scratch-detection');
  const server = await serveUseCase('scratch-detection', options, ['pipeline.yaml', 'encoded-pictures.yaml']);
  say(`scratch detection is served: ready ${Math.round(server.startMs)} ms after its start`);
  say(`  gRPC      ${server.ready.grpc}`);
  say(`  metrics   http://${server.ready.http}/metrics\n`);
  try {
    const samples = samplePanels(PICTURES).map(({ name, options }) => ({ name, panel: paintPanel(options) }));
    const found = await sendRaw(server.ready.grpc, samples);
    await writePictures(folder, samples, found);
    tell(samples, found);
    say(`the pictures with what was found: ${folder}\n`);
    await sendEncoded(server.ready.grpc, samples, found);
    if (options.keep) await serveOn(server);
  } finally {
    await server.stop();
  }
}

/** As the published client does: uint8 [pictures, height, width, 3]. */
async function sendRaw(address: string, samples: readonly Sample[]): Promise<PictureDetection[][]> {
  const client = new InferenceClient({ address, pipeline: 'scratch-detection' });
  const found: PictureDetection[][] = [];
  const startedMs = performance.now();
  let sent = 0;
  for (let first = 0; first < samples.length; first += BATCH) {
    const batch = samples.slice(first, first + BATCH).map(({ panel }) => panel);
    const [{ width, height }] = batch;
    const data = new Uint8Array(Buffer.concat(batch.map(({ pixels }) => pixels)));
    sent += data.length;
    const outputs: Outputs = await client.predict({
      array: { dtype: 'uint8', shape: [batch.length, height, width, 3], data },
    });
    found.push(...detectionsOf(outputs, outputs.masks.data as Uint8Array, width * height));
  }
  client.close();
  say(`raw pictures      ${summary(samples.length, sent, startedMs)}`);
  return found;
}

/** JPEG files in a string tensor; the masks come as run lengths. */
async function sendEncoded(
  address: string,
  samples: readonly Sample[],
  raw: readonly PictureDetection[][],
): Promise<void> {
  const files = await Promise.all(
    samples.map(({ panel: { pixels, width, height } }) =>
      sharp(pixels, { raw: { width, height, channels: 3 } })
        .jpeg({ quality: 90 })
        .toBuffer(),
    ),
  );
  const client = new InferenceClient({ address, pipeline: 'scratch-detection-encoded' });
  const startedMs = performance.now();
  let sent = 0;
  const found: PictureDetection[][] = [];
  for (let first = 0; first < files.length; first += BATCH) {
    const data = files.slice(first, first + BATCH);
    sent += data.reduce((sum, { length }) => sum + length, 0);
    const outputs: Outputs = await client.predict({
      pictures: { dtype: 'string', shape: [data.length], data },
    });
    const { masks, pixels } = unpackRuns(outputs);
    found.push(...detectionsOf(outputs, masks, pixels));
  }
  client.close();
  say(`JPEG pictures     ${summary(files.length, sent, startedMs)}`);
  const same = found.filter((detections, i) => detections.length === raw[i].length).length;
  say(`                  ${same} of ${files.length} pictures have as many detections as their raw ones\n`);
}

async function writePictures(
  folder: string,
  samples: readonly Sample[],
  found: readonly PictureDetection[][],
): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const [i, { name, panel }] of samples.entries()) {
    const { width, height, pixels } = panel;
    const annotations = found[i].map(({ box, mask, score }) => ({ box, mask, label: score.toFixed(2) }));
    await sharp(annotatePicture(pixels, width, height, annotations), { raw: { width, height, channels: 3 } })
      .png()
      .toFile(join(folder, `${name}.png`));
  }
}

function tell(samples: readonly Sample[], found: readonly PictureDetection[][]): void {
  const table = new Table({
    head: ['picture', 'scratches', 'found', 'score', 'box', 'mask overlap'],
    style: { head: [], border: [] },
  });
  for (const [i, { name, panel }] of samples.entries()) {
    const counts = [String(panel.scratches.length), String(found[i].length)];
    if (found[i].length === 0) table.push([name, ...counts, '', '', '']);
    found[i].forEach(({ score, box, mask }, place) => {
      const overlap = Math.max(0, ...panel.scratches.map((scratch) => overlapOf(scratch.mask, mask)));
      table.push([
        ...(place === 0 ? [name, ...counts] : ['', '', '']),
        score.toFixed(2),
        box.map(Math.round).join(' '),
        overlap.toFixed(2),
      ]);
    });
  }
  say(`\n${table.toString()}`);
}

function overlapOf(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let both = 0;
  let either = 0;
  for (let at = 0; at < a.length; at++) {
    if (a[at] > 0 && b[at] > 0) both += 1;
    if (a[at] > 0 || b[at] > 0) either += 1;
  }
  return either === 0 ? 0 : both / either;
}

function summary(pictures: number, bytes: number, startedMs: number): string {
  const seconds = (performance.now() - startedMs) / 1000;
  return `${pictures} in ${seconds.toFixed(2)} s, ${(bytes / pictures / 1e6).toFixed(2)} MB each on the way in`;
}
