import { z } from 'zod';
import { requireValue } from './flow-values';
import { valueNames } from './parameters';
import { defineBuiltInFlow } from './tensor-transformation';

/** The named values, in the order of their names. */
function selected<V>(flow: ReadonlyMap<string, V>, names: readonly string[]): Map<string, V> {
  return new Map(names.map((name) => [name, flow.get(name)!]));
}

export const select = defineBuiltInFlow({
  name: 'select',
  description: 'Keeps the named values and drops all others.',
  ignoresOn: true,
  parameters: z.strictObject({
    values: valueNames.min(1).describe('Values to keep'),
  }),
  format(flow, { values }) {
    for (const name of values) requireValue(flow, name);
    return selected(flow, values);
  },
  apply: (flow, { values }) => selected(flow, values),
});
