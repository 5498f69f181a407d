import { z } from 'zod';

/** A distribution of one measured quantity, in milliseconds unless the field's comment differs. */
export const distribution = z.strictObject({
  count: z.number().int().nonnegative(),
  min: z.number(),
  p5: z.number(),
  p25: z.number(),
  median: z.number(),
  p75: z.number(),
  p95: z.number(),
  p99: z.number(),
  p999: z.number(),
  max: z.number(),
  mean: z.number(),
  deviation: z.number(),
  /** Upper bound of each occupied bucket and how many values it holds, ascending. */
  buckets: z.array(z.tuple([z.number(), z.number().int().positive()])),
});

const counts = z.strictObject({
  /** Requests that the schedule asked for while measuring. */
  due: z.number().int().nonnegative(),
  sent: z.number().int().nonnegative(),
  answered: z.number().int().nonnegative(),
  /** Answered with an error, in band or by the stream's status. */
  failed: z.number().int().nonnegative(),
  /** Sent, and never answered. */
  lost: z.number().int().nonnegative(),
  /** Failures by gRPC status name. */
  byCode: z.record(z.string(), z.number().int().positive()),
});

/** One second of a run, counted from the start of measuring; values of what was due in it. */
const second = z.strictObject({
  at: z.number(),
  sent: z.number(),
  answered: z.number(),
  failed: z.number(),
  medianMs: z.number().nullable(),
  p99Ms: z.number().nullable(),
});

/** Resources that one scraped process or host used while measuring. */
const resourceUse = z.strictObject({
  /** Name of the scraped target, such as `runtime-1`, `envoy` or `node-exporter`. */
  target: z.string(),
  /** Mean of used CPU cores; null where the target does not expose it. */
  cpuCores: z.number().nullable(),
  /** Largest seen resident memory. */
  memoryBytes: z.number().nullable(),
  receivedBytesPerSecond: z.number().nullable(),
  sentBytesPerSecond: z.number().nullable(),
  /** Mean GPU utilization from 0 to 1. */
  gpuUtilization: z.number().nullable(),
  /** Mean number of rows that the model ran at once. */
  meanBatchSize: z.number().nullable(),
  samples: z.array(
    z.strictObject({ at: z.number(), cpuCores: z.number().nullable(), memoryBytes: z.number().nullable() }),
  ),
});

/** One cell of a table: one deployment under one load. */
export const measurement = z.strictObject({
  /** Which topology answered, such as `1 process` or `4 processes behind Envoy`. */
  deployment: z.string(),
  profile: z.enum(['fall-detection', 'scratch-detection', 'closed-loop', 'steps', 'burst', 'custom']),
  clients: z.number().int().positive(),
  /** Devices of each client, where the profile has devices. */
  devices: z.number().int().positive().nullable(),
  /** Images of each request, where the profile has images. */
  batch: z.number().int().positive().nullable(),
  /** The load beyond these, such as `256 in flight each`. */
  load: z.string().min(1).optional(),
  startedAt: z.iso.datetime(),
  warmUpSeconds: z.number(),
  measuredSeconds: z.number(),
  counts,
  answersPerSecond: z.number(),
  /** From the time at which a request was due: no coordinated omission. */
  fromDue: distribution,
  fromSent: distribution,
  perClient: z.array(
    z.strictObject({
      client: z.number().int(),
      answered: z.number(),
      failed: z.number(),
      fromDue: distribution,
    }),
  ),
  /** Requests in flight, sampled at each send; a number, not milliseconds. */
  inFlight: distribution,
  seconds: z.array(second),
  driver: z.strictObject({
    processes: z.number().int().positive(),
    /** How late the driver sent what was due. */
    lateness: distribution,
    /** Share of one core that the busiest driver process used. */
    cpuShare: z.number(),
  }),
  resources: z.array(resourceUse),
  /** Why this measurement does not count; empty when it counts. */
  invalid: z.array(z.string()),
});

const machine = z.strictObject({
  cpu: z.string(),
  cores: z.number().int().positive(),
  memoryBytes: z.number(),
  system: z.string(),
  node: z.string(),
});

/** The content of `results.json`. */
export const runResults = z.strictObject({
  format: z.literal('mis-bench/1'),
  name: z.string(),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  machine,
  /** Why the run ended before its last measurement. */
  endedEarly: z.string().optional(),
  /** Circumstances of the run: versions, what could not be measured, how CPU was limited. */
  notes: z.array(z.string()).optional(),
  measurements: z.array(measurement),
});

export type Distribution = z.infer<typeof distribution>;
export type ResourceUse = z.infer<typeof resourceUse>;
export type Measurement = z.infer<typeof measurement>;
export type Machine = z.infer<typeof machine>;
export type RunResults = z.infer<typeof runResults>;
