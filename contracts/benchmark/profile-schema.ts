import { z } from 'zod';
import { SERVICES } from '../names/services';
import { dataSchema } from './data-schema';
import { duration } from './duration-field';

const count = z.int().min(1);
const clients = count.max(10_000);
const devices = count.max(100_000);
const perSecond = z.number().min(0.001).max(1_000_000);

/** A value, or a list of values of which each makes a measurement of its own. */
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
  /** How long answers are waited for when the last request has been sent. */
  drain: duration(0, 600_000).prefault('10s'),
  /** Of what is drawn: phases of devices, sizes of scans. */
  seed: z.int().min(0).default(1),
  /** Prometheus endpoints that are read while measuring, by the name that they have in the results. */
  scrape: z.record(z.string().min(1), z.url({ protocol: /^https?$/ })).default({}),
  scrapeInterval: duration(100, 60_000).prefault('1s'),
  /** Beyond these a measurement does not count: the driver was the bottleneck. */
  limits: z
    .strictObject({
      /** Of the time by which requests were sent late, the 99th percentile. */
      lateness: duration(0).prefault('5ms'),
      /** Share of one core that the busiest driver process may use; with all its threads it may come to more than one. */
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
        /** Time from one scan of a client to its next. */
        every: duration(100).prefault('3m'),
        /** Time in which the images of a scan come in, evenly; `0s`: all at once. */
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
  /** Requests of each client that are in flight at any time. */
  inFlight: oneOrMore(count.max(1_000_000)).prefault([1, 16, 256]),
});

const steps = z.strictObject({
  profile: z.literal('steps'),
  ...common,
  data: dataSchema.prefault(FALL_DATA),
  clients: oneOrMore(clients).prefault([4]),
  /** Requests a second of all clients together, a measurement each, in this order. */
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
  /** One of the kinds of load. */
  load: z.union([
    z.strictObject({ devices: oneOrMore(devices), rate: perSecond }),
    z.strictObject({ rates: z.array(perSecond).min(1) }),
    z.strictObject({ inFlight: oneOrMore(count.max(1_000_000)) }),
  ]),
});

/** The schemas of profile documents by what their field `profile` says. */
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
