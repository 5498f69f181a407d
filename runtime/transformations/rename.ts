import { z } from 'zod';
import { FormatError } from '../formats/format';
import { valueName } from './parameters';
import { defineBuiltInFlow } from './tensor-transformation';

/** Renames one entry and keeps the order. */
function renamed<V>(flow: ReadonlyMap<string, V>, from: string, to: string): Map<string, V> {
  const next = new Map<string, V>();
  for (const [name, value] of flow) next.set(name === from ? to : name, value);
  return next;
}

export const rename = defineBuiltInFlow({
  name: 'rename',
  description: 'Gives a value another name. The step after works on it under the new one.',
  parameters: z.strictObject({ to: valueName.describe('The new name') }),
  format(flow, { to }, { on, as }) {
    if (as !== on && as !== to) throw new FormatError(`is told two names, as "${as}" and to "${to}"`);
    if (to !== on && flow.has(to)) throw new FormatError(`there is a value "${to}" already`);
    return renamed(flow, on, to);
  },
  apply: (flow, { to }, { on }) => renamed(flow, on, to),
});
