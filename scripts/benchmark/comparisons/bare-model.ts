import { InferenceSession, Tensor } from 'onnxruntime-node';
import { SESSION_CONFIG } from '../../../runtime/inferencer/engines/onnx/ort-model';
import { type PaintedPanel } from '../../pictures/painted-panel';

/** The engine without a server around it, with the options that the server gives it. */
export class BareModel {
  private constructor(private readonly session: InferenceSession) {}

  static async open(file: string): Promise<BareModel> {
    const threads = { intraOpNumThreads: 2, interOpNumThreads: 1 };
    const session = await InferenceSession.create(file, {
      executionProviders: ['cpu'],
      ...threads,
      logSeverityLevel: 4,
      extra: { session: SESSION_CONFIG },
    });
    return new BareModel(session);
  }

  /** The model's input for a picture, float32 [3, height, width]. */
  input({ width, height, pixels }: PaintedPanel): Tensor {
    const planes = new Float32Array(pixels.length);
    for (let at = 0; at < width * height; at++) {
      for (let c = 0; c < 3; c++) planes[c * width * height + at] = pixels[3 * at + c] / 255;
    }
    return new Tensor('float32', planes, [3, height, width]);
  }

  /** Runs the pictures one after the other. */
  async time(images: readonly Tensor[]): Promise<{ ms: number; cpuMs: number }> {
    const [startedMs, before] = [performance.now(), process.cpuUsage()];
    for (const image of images) await this.run(image);
    const { user, system } = process.cpuUsage(before);
    return { ms: performance.now() - startedMs, cpuMs: (user + system) / 1000 };
  }

  run(image: Tensor): Promise<InferenceSession.OnnxValueMapType> {
    return this.session.run({ image });
  }

  close(): Promise<void> {
    return this.session.release();
  }
}
