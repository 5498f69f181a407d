import { z } from 'zod';

/** Ranks beyond 16 are refused by the input formats, so no axis lies beyond. */
export const axisParameter = z.int().min(-16).max(15);

/** The name of a value in the flow. */
export const valueName = z.string().min(1).max(256);
