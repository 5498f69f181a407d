import { z } from 'zod';
import { SERVICES } from '../../contracts/names/services';
import { parseWith } from '../../contracts/program/schema-problems';
import { ConfigurationError } from '../../contracts/program/problem';

const pem = z.union([z.string().min(1), z.instanceof(Uint8Array)], {
  error: 'must be the text of a PEM file',
});

const tlsSchema = z
  .strictObject({
    /** Authorities that the server's certificate may come from. @default those that Node.js knows */
    authorities: pem.optional(),
    /** The client's own certificate chain, for servers that ask for one (mTLS). */
    certificate: pem.optional(),
    /** The private key of that certificate. */
    key: pem.optional(),
    /** Name that the server's certificate must have. @default the host of the address */
    serverName: z.string().min(1).optional(),
  })
  .refine(({ certificate, key }) => (certificate === undefined) === (key === undefined), {
    error: 'a client certificate and its key are given together',
  });

const reconnectSchema = z.strictObject({
  /** Milliseconds before the first attempt; doubled for each further one, and shortened at random by up to half. */
  initialDelayMs: z.number().min(1).default(100),
  /** Longest delay between attempts, in milliseconds. */
  maxDelayMs: z.number().min(1).max(3_600_000).default(10_000),
  /** Number of attempts without an answer after which the call fails; 0: it fails at once. */
  maxAttempts: z.int().min(0).default(8),
  /**
   * Whether requests that were sent and not answered when the connection was lost are sent again. The server may have run
   * them already. Otherwise each is answered with a CallError `UNAVAILABLE`.
   */
  resend: z.boolean().default(false),
});

/** Longest delay of a Node.js timer. */
export const MAX_TIMER_MS = 0x7fff_ffff;

const metadataKey = z
  .string()
  .regex(/^[0-9a-z_.-]+$/, 'a metadata key is lower-case letters, digits and - _ .');

/** A custom check, so that the message does not contain the token. */
const token = z.custom<string | (() => string)>(
  (value) => typeof value === 'function' || (typeof value === 'string' && /^[\x21-\x7e]+$/.test(value)),
  { error: 'must be a text without spaces or line breaks, or a function that returns one' },
);

const clientOptionsSchema = z.strictObject({
  address: z.string().superRefine((address, context) => {
    const message = checkAddress(address);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  }),
  service: z.enum(SERVICES).default('extended'),
  pipeline: z.string().min(1).optional(),
  errorMode: z.enum(['in-band', 'status']).default('in-band'),
  metadata: z.record(metadataKey, z.string()).default({}),
  token: token.optional(),
  tls: z.union([z.boolean(), tlsSchema]).default(false),
  maxInFlight: z.int().min(1).default(256),
  maxInFlightBytes: z
    .int()
    .min(1)
    .default(256 * 1024 * 1024),
  maxMessageBytes: z
    .int()
    .min(1)
    .max(2 ** 31 - 1)
    .default(512 * 1024 * 1024),
  connectTimeoutMs: z.number().min(1).max(MAX_TIMER_MS).default(20_000),
  timeoutMs: z.number().min(1).max(MAX_TIMER_MS).optional(),
  reconnect: reconnectSchema.prefault({}),
});

/** How an {@link InferenceClient} reaches its server and behaves towards it. */
export interface InferenceClientOptions {
  /** `host:port`, or a target of gRPC such as `dns:///host:port` or `unix:/run/mis.sock`. */
  readonly address: string;
  /** The service to call: named tensors of any dtype, or one float32 tensor. @default 'extended' */
  readonly service?: 'extended' | 'basic';
  /** Name of the pipeline among those of the server. @default the server's first */
  readonly pipeline?: string;
  /**
   * Whether a failed request is answered in its place (in-band), or ends the whole stream with its gRPC status.
   * @default 'in-band'
   */
  readonly errorMode?: 'in-band' | 'status';
  /** Metadata of every call. @default none */
  readonly metadata?: Readonly<Record<string, string>>;
  /**
   * Bearer token of every call. A function is called for each call, and again when the server ends one because its token is
   * no longer valid: if it returns another token, the client retries. @default none
   */
  readonly token?: string | (() => string);
  /** TLS: `true` trusts the authorities that Node.js knows; an object gives PEM texts. @default false */
  readonly tls?: boolean | z.input<typeof tlsSchema>;
  /** Maximum number of requests of a stream that are sent and not yet consumed. @default 256 */
  readonly maxInFlight?: number;
  /** The same limit in bytes, approximately; one request is always sent. @default 256 MiB */
  readonly maxInFlightBytes?: number;
  /** Largest message in either direction, in bytes. @default 512 MiB */
  readonly maxMessageBytes?: number;
  /** Longest wait for one attempt to connect, in milliseconds. @default 20000 */
  readonly connectTimeoutMs?: number;
  /** Longest wait for one prediction, or for a whole stream, in milliseconds. @default none */
  readonly timeoutMs?: number;
  /** Reconnecting after a lost connection. @default eight attempts from 100 ms on, without resending */
  readonly reconnect?: z.input<typeof reconnectSchema>;
}

/** Options with their defaults, checked. */
export type CompiledClientOptions = Readonly<z.output<typeof clientOptionsSchema>>;

/** @throws ConfigurationError with everything that is wrong. */
export function compileClientOptions(options: InferenceClientOptions): CompiledClientOptions {
  const parsed = parseWith(clientOptionsSchema, options);
  if ('problems' in parsed) throw new ConfigurationError('client options', parsed.problems);
  return Object.freeze(parsed.value);
}

/** The problem of a server address, if it has one. */
function checkAddress(address: string): string | undefined {
  if (/^(dns|unix|ipv4|ipv6):\S+$/.test(address)) return undefined;
  const match = /^(\[[0-9a-fA-F:.]+\]|[^\s/:]+):(\d{1,5})$/.exec(address);
  if (match && Number(match[2]) >= 1 && Number(match[2]) <= 65_535) return undefined;
  return `must be host:port with a port from 1 to 65535, or a dns:, unix:, ipv4: or ipv6: target, got '${address}'`;
}
