import { z } from 'zod';

/** Ranks beyond 16 are refused by the input formats, so no axis lies beyond. */
export const axisParameter = z.int().min(-16).max(15);

/** The name of a value in the flow. */
export const valueName = z.string().min(1).max(256);

/** Names of values in the flow, each once. */
export const valueNames = z
  .array(valueName)
  .refine((names) => new Set(names).size === names.length, 'must name each value once')
  .meta({ uniqueItems: true });
