import { InferenceError } from '../../errors';
import { quoteName } from '../../tensor/quote-name';

/** The error of a TensorProto that contradicts itself. `reason` says what was got and what is allowed. */
export function refuseTensor(name: string, reason: string): never {
  throw new InferenceError('MALFORMED_TENSOR', `tensor ${quoteName(name)}: ${reason}`);
}
