import { type InferenceSession } from 'onnxruntime-node';
import { messageOf } from '../errors';
import { type ModelFormats } from '../../contracts/repository/listed-package';
import { type OnnxAnswer, type OnnxQuestion } from './onnx-inspector';

// A process of its own, in which models are opened by ONNX Runtime. It ends when its parent does.

type Metadata = InferenceSession.ValueMetadata;

async function answer({ id, path }: OnnxQuestion): Promise<OnnxAnswer> {
  const { InferenceSession } = await import('onnxruntime-node');
  try {
    // nothing is going to run: no optimization, no threads
    const session = await InferenceSession.create(path, {
      graphOptimizationLevel: 'disabled',
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      logSeverityLevel: 4,
    });
    const formats = { inputs: toFormats(session.inputMetadata), outputs: toFormats(session.outputMetadata) };
    await session.release();
    return { id, formats };
  } catch (error) {
    return { id, refused: oneSentence(messageOf(error), path) };
  }
}

function toFormats(metadata: readonly Metadata[]): ModelFormats['inputs'] {
  return Object.fromEntries(
    metadata.flatMap((value) =>
      value.isTensor ? [[value.name, { dtype: value.type, shape: value.shape.map(toAxis) }]] : [],
    ),
  );
}

/** A size, or a name for one that data brings: the model's own where it is a name, one by position where it has none. */
function toAxis(size: number | string, index: number): number | string {
  if (typeof size === 'number') return size >= 0 ? size : `axis${index}`;
  return /^[A-Za-z_][A-Za-z0-9_.]*$/.test(size) ? size : `axis${index}`;
}

/** What the library says, without where the file lies here and without its own stack. */
function oneSentence(message: string, path: string): string {
  const first = message.split('\n')[0] ?? '';
  const cleaned = first.replaceAll(path, 'the file').replace(/\/\S+\.(cc|h)\S*/g, '');
  return cleaned.replace(/\s+/g, ' ').trim().slice(0, 300);
}

process.on('message', (question: OnnxQuestion) => {
  void answer(question).then((result) => process.send?.(result));
});
process.on('disconnect', () => process.exit(0));
