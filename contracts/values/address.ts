/** Where a server listens. */
export interface Address {
  readonly host: string;
  /** 0 is any free port. */
  readonly port: number;
}

/**
 * Reads `0.0.0.0:50051`, `localhost:0`, `[::1]:9000`.
 * @throws RangeError with what is allowed.
 */
export function parseAddress(text: string): Address {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) {
    throw new RangeError(`must be host:port with a port from 0 to 65535 (0: any free one), got '${text}'`);
  }
  return { host: match[1] ?? match[2], port };
}

/** `host:port`, with brackets around an IPv6 host. */
export function formatAddress({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
