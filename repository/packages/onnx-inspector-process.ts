import { dirname } from 'node:path';
import { messageOf } from '../../contracts/program/problem';
import { type ModelFormats } from '../../contracts/repository/listed-package';
import { readOnnxMetadata, type OnnxMetadata } from '../../runtime/formats/onnx-metadata';
import { type OnnxAnswer, type OnnxQuestion } from './onnx-inspector';

// A process of its own, in which models are opened by ONNX Runtime. It ends when its parent does.

async function answer({ id, path }: OnnxQuestion): Promise<OnnxAnswer> {
  const { InferenceSession } = await import('onnxruntime-node');
  try {
    const { inputs, optionalInputs, outputs } = readOnnxMetadata(path);
    // As servers load it, constants folded: what would end them has to end this process. Nothing is going to run: no threads.
    const session = await InferenceSession.create(path, {
      graphOptimizationLevel: 'all',
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      logSeverityLevel: 4,
    });
    await session.release();
    const optional = Object.keys(optionalInputs).length > 0 && { optional_inputs: toFormats(optionalInputs) };
    return { id, formats: { inputs: toFormats(inputs), ...optional, outputs: toFormats(outputs) } };
  } catch (error) {
    return { id, refused: oneSentence(messageOf(error), path) };
  }
}

function toFormats(formats: OnnxMetadata['inputs']): ModelFormats['inputs'] {
  return Object.fromEntries(
    Object.entries(formats).map(([name, { dtype, shape }]) => [
      name,
      { dtype: dtype as string, ...(shape && { shape: [...shape] }) },
    ]),
  );
}

/** What the library says in one sentence, without paths of this machine. */
function oneSentence(message: string, path: string): string {
  const first = message.split('\n')[0] ?? '';
  const cleaned = first
    .replaceAll(path, 'the file')
    .replaceAll(dirname(path), 'the package')
    .replace(/\/\S+\.(cc|h)\S*/g, '')
    .replace(/(?<![\w.])\/(?:[^\s/"':;,]+\/)+[^\s"':;,]*/g, '…');
  return cleaned.replace(/\s+/g, ' ').trim().slice(0, 300);
}

process.on('message', (question: OnnxQuestion) => {
  void answer(question).then((result) => process.send?.(result));
});
process.on('disconnect', () => process.exit(0));
