import { z } from 'zod';
import { DTYPES } from '../values/dtype';

const FALL_DETECTION = z.strictObject({
  use: z.literal('fall-detection'),
  /** CSV of observations of three axes, one or two to a row. @default - the recording that comes with the package */
  recording: z.string().min(1).optional(),
  /** `int32` is what the published Python client sends. */
  dtype: z.enum(['int16', 'int32']).default('int32'),
});

const SCRATCH_DETECTION = z.strictObject({
  use: z.literal('scratch-detection'),
  /** Images of one request. */
  batch: z.int().min(1).max(100).default(1),
  width: z.int().min(600).max(10_000).default(1200),
  height: z.int().min(600).max(10_000).default(900),
});

const fileInput = z.strictObject({
  /** The pipeline's input that the file is sent as. */
  name: z.string().min(1),
  /** A file, or a list of files: one request each. */
  file: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]),
  dtype: z.enum(DTYPES).optional(),
  shape: z.array(z.int().min(0)).optional(),
});

const FILES = z
  .strictObject({
    use: z.literal('files'),
    inputs: z.array(fileInput).min(1).optional(),
    /** A file of whole requests in JSON, instead of `inputs`. */
    requests: z.string().min(1).optional(),
    /** A request for each window of `length` observations of `width` values. */
    window: z
      .strictObject({ length: z.int().min(1), width: z.int().min(1), stride: z.int().min(1).default(1) })
      .optional(),
    /** A request for each group of this many entries along the first axis. */
    rows: z.int().min(1).optional(),
    /** Columns of CSV files, by name or by number from 1. */
    columns: z
      .array(z.union([z.string().min(1), z.int().min(1)]))
      .min(1)
      .optional(),
  })
  .refine(({ inputs, requests }) => (inputs === undefined) !== (requests === undefined), {
    error: 'takes either inputs or requests',
  })
  .refine(({ window, rows }) => window === undefined || rows === undefined, {
    error: 'takes window or rows, not both',
  })
  .refine(({ requests, window, rows }) => requests === undefined || (window ?? rows) === undefined, {
    error: 'window and rows go with inputs, not with a file of whole requests',
  });

export const DATA_SOURCES = ['fall-detection', 'scratch-detection', 'files'] as const;

/** The data that is sent: that of a use case, or files. */
export const dataSchema = z.discriminatedUnion('use', [FALL_DETECTION, SCRATCH_DETECTION, FILES]);

export type DataSource = z.output<typeof dataSchema>;
export type FileSource = z.output<typeof FILES>;
