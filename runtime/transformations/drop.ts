import { z } from 'zod';
import { requireValue } from './flow-values';
import { FormatError } from '../formats/format';
import { valueNames } from './parameters';
import { defineBuiltInFlow } from './tensor-transformation';

function without<V>(flow: ReadonlyMap<string, V>, names: readonly string[]): Map<string, V> {
  const next = new Map(flow);
  for (const name of names) next.delete(name);
  return next;
}

export const drop = defineBuiltInFlow({
  name: 'drop',
  description: 'Drops the named values.',
  ignoresOn: true,
  parameters: z.strictObject({
    values: valueNames.min(1).describe('Values to drop'),
  }),
  format(flow, { values }) {
    for (const name of values) requireValue(flow, name);
    const next = without(flow, values);
    if (next.size === 0) throw new FormatError('would leave no value');
    return next;
  },
  apply: (flow, { values }) => without(flow, values),
});
