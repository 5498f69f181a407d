import { z } from 'zod';
import { formatShape } from '../tensor/shape';
import { FormatError, withFormat, type Axis } from '../formats/format';
import { productOf } from '../formats/symbolic-axis';
import { defineTensorTransformation } from './tensor-transformation';

type Target = number | string;

const isInferred = (size: Target): boolean => size === -1 || typeof size === 'string';

/** The sizes and symbols of `input` that remain after dividing by those of `target`. */
function quotient(input: readonly Axis[], target: readonly Axis[]): { known: number; symbols: string[] } {
  const whole = productOf(input);
  const part = productOf(target);
  for (const symbol of part.symbols) whole.symbols.splice(whole.symbols.indexOf(symbol), 1);
  return { known: part.known === 0 ? NaN : whole.known / part.known, symbols: whole.symbols };
}

/** The inferred axis: a number, the one remaining symbol, or a product. */
function nameAxis({ known, symbols }: { known: number; symbols: string[] }): Axis {
  if (symbols.length === 0) return known;
  return [...(known === 1 ? [] : [String(known)]), ...symbols].join('*');
}

/** The resulting shape: 0 keeps the input's size on that axis, -1 (or a name) is inferred. */
function reshapedShape(input: readonly Axis[], target: readonly Target[]): Axis[] {
  const refuse = (reason: string): never => {
    throw new FormatError(`cannot make ${formatShape(input)} into ${formatShape(target)}: ${reason}`);
  };
  const shape: Axis[] = target.map((size, i) =>
    size === 0 ? (input[i] ?? refuse(`there is no axis ${i} to keep`)) : size,
  );
  const inferred = target.findIndex(isInferred);
  const left = quotient(
    input,
    shape.filter((_, i) => i !== inferred),
  );
  if (inferred >= 0) {
    if (left.symbols.length === 0 && !Number.isInteger(left.known)) {
      refuse('the sizes do not divide its number of elements');
    }
    const name = target[inferred];
    shape[inferred] = typeof name === 'string' && left.symbols.length > 0 ? name : nameAxis(left);
  } else if (left.symbols.length === 0 && left.known !== 1) {
    refuse('the numbers of elements differ');
  }
  return shape;
}

export const reshape = defineTensorTransformation({
  name: 'reshape',
  description: 'Gives the same elements another shape.',
  parameters: z.strictObject({
    shape: z
      .array(z.union([z.int().min(-1), z.string().regex(/^[A-Za-z_][A-Za-z0-9_.]*$/)]))
      .max(16)
      .refine((shape) => shape.filter(isInferred).length <= 1, {
        message: 'may leave one axis open, by -1 or by a name',
      })
      .meta({ contains: { anyOf: [{ const: -1 }, { type: 'string' }] }, minContains: 0, maxContains: 1 })
      .describe(
        "Sizes of the result; 0 keeps the input's size at that place, one -1 (or a name for it) is what is left",
      ),
  }),
  format: (input, { shape }) =>
    withFormat(input, {
      shape: input.shape ? reshapedShape(input.shape, shape) : undefined,
      layout: undefined,
      vectorLength: undefined,
    }),
  apply: (input, { shape }) => ({ ...input, shape: reshapedShape(input.shape, shape) as number[] }),
});
