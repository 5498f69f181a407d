import { type OptionTable } from '../../contracts/program/options';

/** How a client on the command line speaks TLS; files are paths. */
export const CLIENT_TLS_OPTIONS = {
  tls: { flags: '--tls', description: 'use TLS, with the authorities that Node.js knows' },
  tlsCa: { flags: '--tls-ca <file>', description: 'use TLS, with these authorities (PEM)' },
  tlsCert: { flags: '--tls-cert <file>', description: "the client's certificate (PEM)" },
  tlsKey: { flags: '--tls-key <file>', description: 'its private key (PEM)' },
  tlsServerName: {
    flags: '--tls-server-name <name>',
    description: "name in the server's certificate, if not that of the address",
  },
} as const satisfies OptionTable;

export interface ClientTlsOptions {
  readonly tls?: boolean;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsServerName?: string;
}
