import { z } from 'zod';
import { SERVICES } from '../names/services';
import { messageOf } from '../program/problem';
import { parseDurationMs } from '../values/duration';
import { dataSchema } from './data-schema';

/** A duration such as `500ms` or `3m` in a document; milliseconds in the program. */
function duration(leastMs: number, mostMs = 24 * 3_600_000): z.ZodType<number, string> {
  return z.string().transform((text, context) => {
    const problem = (message: string): never => {
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    };
    let ms: number;
    try {
      ms = parseDurationMs(text);
    } catch (error) {
      return problem(messageOf(error));
    }
    if (ms < leastMs || ms > mostMs) {
      return problem(`must be from ${leastMs} ms to ${mostMs} ms, got '${text}'`);
    }
    return ms;
  });
}

const count = z.int().min(1);
const clients = count.max(10_000);
const devices = count.max(100_000);
const perSecond = z.number().min(0.001).max(1_000_000);

/** A value, or a list of values: one measurement each. */
function oneOrMore<T extends z.ZodType>(value: T): z.ZodType<z.output<T>[], z.input<T> | z.input<T>[]> {
  return z
    .union([value, z.array(value).min(1)])
    .transform((given) => (Array.isArray(given) ? given : [given]) as z.output<T>[]);
}

const common = {
  /** Name of the run, for the results and their folder. @default - the profile's */
  name: z
    .string()
    .regex(/^[\w.-]{1,100}$/, 'a name is letters, digits and . _ -')
    .optional(),
  /** Which topology answers; a label of the results. @default - `--deployment` */
  deployment: z.string().min(1).optional(),
  /** `host:port` of the server. @default - `--target` */
  target: z.string().min(1).optional(),
  service: z.enum(SERVICES).default('extended'),
  /** Name of the pipeline among those of the server. @default - the server's first */
  pipeline: z.string().min(1).optional(),
  /** `raw`: frames that are encoded beforehand; `stock`: the project's client library, for conformance. */
  client: z.enum(['raw', 'stock']).default('raw'),
  /** Load before measuring. */
  warmUp: duration(0).prefault('2s'),
  measure: duration(100).prefault('10s'),
  /** Longest wait for answers after the last request. */
  drain: duration(0, 600_000).prefault('10s'),
  /** Seed of the phases of devices and the sizes of scans. */
  seed: z.int().min(0).default(1),
  /** Prometheus endpoints that are read while measuring, by the name that they have in the results. */
  scrape: z.record(z.string().min(1), z.url({ protocol: /^https?$/ })).default({}),
  scrapeInterval: duration(100, 60_000).prefault('1s'),
  /** Beyond these a measurement does not count: the driver was the bottleneck. */
  limits: z
    .strictObject({
      /** 99th percentile of how late requests were sent. */
      lateness: duration(0).prefault('5ms'),
      /** Share of one core that the busiest driver process used; its threads together may use more than one core. */
      cpuShare: z.number().min(0.01).max(100).default(0.9),
    })
    .prefault({}),
};

const fallDetection = z.strictObject({
  profile: z.literal('fall-detection'),
  ...common,
  clients: oneOrMore(clients).prefault([1, 4, 16]),
  /** Devices of each client. */
  devices: oneOrMore(devices).prefault([10, 20, 40, 80, 160]),
  /** Requests a second of each device. */
  rate: perSecond.default(2),
  recording: z.string().min(1).optional(),
  dtype: z.enum(['int16', 'int32']).default('int32'),
});

const scratchDetection = z
  .strictObject({
    profile: z.literal('scratch-detection'),
    ...common,
    clients: oneOrMore(clients).prefault([1, 2, 4]),
    /** Images of each request. */
    batch: oneOrMore(count.max(100)).prefault([1, 4, 16]),
    scan: z
      .strictObject({
        /** Fewest and most images of one scan. */
        images: z
          .tuple([count, count])
          .refine(([fewest, most]) => fewest <= most, { error: 'is the fewest and the most, in this order' })
          .default([50, 300]),
        /** Interval between the scans of a client. */
        every: duration(100).prefault('3m'),
        /** The images of a scan come in evenly within this time; `0s`: all at once. */
        within: duration(0).prefault('0s'),
      })
      .prefault({}),
    width: z.int().min(600).max(10_000).default(1200),
    height: z.int().min(600).max(10_000).default(900),
  })
  .refine(({ measure, scan }) => measure >= scan.every, {
    error: 'must last at least as long as scan.every, so that every client scans',
    path: ['measure'],
  })
  .refine(({ scan }) => scan.within <= scan.every, {
    error: 'must not be longer than scan.every',
    path: ['scan', 'within'],
  });

const FALL_DATA = { use: 'fall-detection' } as const;

const closedLoop = z.strictObject({
  profile: z.literal('closed-loop'),
  ...common,
  data: dataSchema.prefault(FALL_DATA),
  clients: oneOrMore(clients).prefault([1]),
  /** Requests of each client in flight. */
  inFlight: oneOrMore(count.max(1_000_000)).prefault([1, 16, 256]),
});

const steps = z.strictObject({
  profile: z.literal('steps'),
  ...common,
  data: dataSchema.prefault(FALL_DATA),
  clients: oneOrMore(clients).prefault([4]),
  /** Requests a second of all clients together: one measurement each, in this order. */
  rates: z.array(perSecond).min(1),
});

const burst = z.strictObject({
  profile: z.literal('burst'),
  ...common,
  data: dataSchema.prefault(FALL_DATA),
  clients: oneOrMore(clients).prefault([4]),
  /** Requests a second of all clients together, between bursts. */
  rate: z.number().min(0).max(1_000_000).default(0),
  burst: z.strictObject({
    /** Requests that are due at once, of all clients together. */
    requests: count.max(10_000_000),
    every: duration(10),
  }),
});

const custom = z.strictObject({
  profile: z.literal('custom'),
  ...common,
  data: dataSchema,
  clients: oneOrMore(clients).prefault([1]),
  load: z.union([
    z.strictObject({ devices: oneOrMore(devices), rate: perSecond }),
    z.strictObject({ rates: z.array(perSecond).min(1) }),
    z.strictObject({ inFlight: oneOrMore(count.max(1_000_000)) }),
  ]),
});

/** The schemas of profile documents by their field `profile`. */
export const PROFILES = {
  'fall-detection': fallDetection,
  'scratch-detection': scratchDetection,
  'closed-loop': closedLoop,
  steps,
  burst,
  custom,
} as const;

export type ProfileName = keyof typeof PROFILES;

/** A profile document as its author writes it. */
export type ProfileInput = z.input<(typeof PROFILES)[ProfileName]>;

/** A validated profile document: defaults filled in, durations in milliseconds, paths absolute. */
export type Profile = z.output<(typeof PROFILES)[ProfileName]>;
