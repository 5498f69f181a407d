import { z } from 'zod';
import { castTensor } from '../tensor/cast';
import { DTYPES } from '../../contracts/values/dtype';
import { isNumberDType } from '../tensor/number-dtype';
import { withFormat } from '../formats/format';
import { requireNumbers } from '../formats/number-format';
import { defineTensorTransformation } from './tensor-transformation';

export const cast = defineTensorTransformation({
  name: 'cast',
  description:
    'Converts the elements to another dtype. To an integer the fraction is cut off; to bool everything but 0 is true. A request with a value that does not fit (out of range; NaN or infinite to an integer) is refused.',
  parameters: z.strictObject({
    dtype: z.enum(DTYPES.filter(isNumberDType)).describe('Dtype of the result'),
  }),
  format(input, { dtype }) {
    requireNumbers(input);
    return withFormat(input, { dtype });
  },
  apply: (input, { dtype }) => castTensor(input, dtype),
});
