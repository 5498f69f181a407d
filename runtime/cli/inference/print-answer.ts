import { PredictionError, type Answer } from '../../client';
import { formatShape } from '../../tensor/shape';
import { type Tensor } from '../../tensor/tensor';
import { type AnswerFormat } from './answer-format';
import { plainElements, toPlainValues } from './plain-values';

/** An answer as one line. */
export function formatAnswer(answer: Answer, format: AnswerFormat): string {
  return format === 'json' ? toJsonLine(answer) : toTableLine(answer);
}

function toJsonLine({ index, outputs, error }: Answer): string {
  if (error !== undefined) {
    const step = error instanceof PredictionError && error.step ? { step: error.step } : {};
    return JSON.stringify({ index, error: { code: error.code, message: error.message, ...step } });
  }
  const plain = Object.entries(outputs).map(([name, tensor]) => [
    name,
    { dtype: tensor.dtype, shape: tensor.shape, data: toPlainValues(tensor) },
  ]);
  return JSON.stringify({ index, outputs: Object.fromEntries(plain) as object });
}

/** Elements that a line of the table shows of one output. */
const SHOWN = 8;
const INDEX_WIDTH = 6;

function toTableLine({ index, outputs, error }: Answer): string {
  const place = String(index).padStart(INDEX_WIDTH);
  if (error !== undefined) {
    const step = error instanceof PredictionError && error.step ? `${error.step}: ` : '';
    return `${place}  ${error.code}: ${step}${error.message}`;
  }
  const texts = Object.entries(outputs).map(([name, tensor]) => `${name} ${describe(tensor)}`);
  return `${place}  ${texts.join('  ')}`;
}

function describe(tensor: Tensor): string {
  const elements = plainElements(tensor, SHOWN).map((value) =>
    typeof value === 'object' ? JSON.stringify(value) : String(value),
  );
  const count = tensor.shape.reduce((product, size) => product * size, 1);
  const rest = count > SHOWN ? ` … (${count})` : '';
  const isLone = count === 1;
  return isLone ? elements[0] : `${tensor.dtype} ${formatShape(tensor.shape)} ${elements.join(' ')}${rest}`;
}
