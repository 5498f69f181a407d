import { InferenceError } from '../../../errors';
import { messageOf } from '../../../../contracts/program/problem';

/** What ONNX Runtime says when values do not fit the model or each other: sizes and indices are the caller's. */
const REFUSALS =
  /invalid dimensions|invalid rank|unexpected input data type|dimension mismatch|mismatched dimensions|dimensions must match|out of data bounds|cannot be reshaped|invalid input shape|attempting to broadcast/i;

const NODE_FAILURE =
  /^Non-zero status code returned while running (\S+) node\.(?: Name:'([^']*)')?\s*Status Message: /;

/** The error of one run. The caller gets what it can act on; ONNX Runtime's whole text is the cause. */
export function toRunError(error: unknown): InferenceError {
  if (error instanceof InferenceError) return error;
  const text = messageOf(error);
  const node = NODE_FAILURE.exec(text);
  const where = node ? ` in operator ${node[1]}${node[2] ? ` '${node[2]}'` : ''}` : '';
  if (!REFUSALS.test(text)) {
    return new InferenceError('MODEL_FAILED', `the model run failed${where}`, { cause: error });
  }
  const reason = withoutSourcePlace(text.replace(NODE_FAILURE, ''));
  return new InferenceError('MODEL_REFUSED', `the model cannot take these values${where}: ${reason}`, {
    cause: error,
  });
}

/** One line of why ONNX Runtime did not load a model. */
export function toLoadReason(error: unknown): string {
  return withoutSourcePlace(messageOf(error).replace(/^Load model from .*? failed:/s, ''));
}

/** ONNX Runtime's text without the place in its own sources. */
function withoutSourcePlace(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/^\S+\.(?:cc|h):\d+ /, '')
    .replace(/^[^()]*::[^()]*\(.*?\)(?: const)? /, '')
    .replace(/^.*? was false\. /, '')
    .trim();
}
