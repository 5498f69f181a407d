import { readFileSync } from 'node:fs';
import { messageOf } from '../../../contracts/program/problem';
import { type GivenOptions, type OptionTable } from '../../../contracts/program/options';
import { requirePaths } from '../../../contracts/program/run-program';
import { UsageError } from '../../../contracts/program/usage-error';
import { parseAddress } from '../../../contracts/values/address';
import { CLIENT_TLS_OPTIONS } from '../../../runtime/cli/client-tls-options';

/** The server that a run drives. PEM texts, not files: the value travels to driver processes. */
export interface Target {
  readonly address: string;
  /** TLS, with PEM texts. @default - none */
  readonly tls?: {
    /** Authorities that the server's certificate may come from. @default - those that Node.js knows */
    readonly authorities?: string;
    readonly certificate?: string;
    readonly key?: string;
    /** Name in the server's certificate. @default - the host of the address */
    readonly serverName?: string;
  };
  /** Bearer token of every call. @default - none */
  readonly token?: string;
}

const DEFAULT_TARGET = 'localhost:50051';

/** Options that name the server and how it is called. */
export const TARGET_OPTIONS = {
  target: {
    flags: '--target <host:port>',
    description: `the server; default: the profile's, else ${DEFAULT_TARGET}`,
  },
  ...CLIENT_TLS_OPTIONS,
  tokenFile: { flags: '--token-file <file>', description: 'file with a bearer token, sent with every call' },
} as const satisfies OptionTable;

/** @throws UsageError */
export function toTarget(
  given: GivenOptions<typeof TARGET_OPTIONS>,
  profileTarget: string | undefined,
): Target {
  const address = given.target ?? profileTarget ?? DEFAULT_TARGET;
  try {
    if (parseAddress(address).port === 0)
      throw new RangeError(`needs a port from 1 to 65535, got '${address}'`);
  } catch (error) {
    throw new UsageError(`'--target' ${messageOf(error)}`);
  }
  if ((given.tlsCert === undefined) !== (given.tlsKey === undefined)) {
    throw new UsageError(
      `'--tls-cert' and '--tls-key' are needed together, got only --tls-${given.tlsCert === undefined ? 'key' : 'cert'}`,
    );
  }
  const tls = {
    ...(given.tlsCa !== undefined && { authorities: readText(given.tlsCa) }),
    ...(given.tlsCert !== undefined && { certificate: readText(given.tlsCert) }),
    ...(given.tlsKey !== undefined && { key: readText(given.tlsKey) }),
    ...(given.tlsServerName !== undefined && { serverName: given.tlsServerName }),
  };
  return {
    address,
    ...((given.tls === true || Object.keys(tls).length > 0) && { tls }),
    ...(given.tokenFile !== undefined && { token: readToken(given.tokenFile) }),
  };
}

function readText(file: string): string {
  requirePaths([file]);
  return readFileSync(file, 'utf8');
}

function readToken(file: string): string {
  const token = readText(file).trim();
  if (!/^[\x21-\x7e]+$/.test(token)) throw new UsageError(`'--token-file' ${file} holds no token`);
  return token;
}
