import { z } from 'zod';

/** Input formats have at most 16 axes. */
export const axisParameter = z.int().min(-16).max(15);

/** The name of a value in the flow. */
export const valueName = z.string().min(1).max(256);

/** Distinct names of values in the flow. */
export const valueNames = z
  .array(valueName)
  .refine((names) => new Set(names).size === names.length, 'must name each value once')
  .meta({ uniqueItems: true });
