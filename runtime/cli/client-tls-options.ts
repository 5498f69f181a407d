import { type Command } from 'commander';
import { option } from '../../contracts/program/run-program';

/** How a client on the command line speaks TLS; files are paths. */
export interface ClientTlsOptions {
  readonly tls?: boolean;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsServerName?: string;
}

export function addClientTlsOptions(command: Command): Command {
  return command
    .addOption(option('--tls', 'use TLS, with the authorities that Node.js knows'))
    .addOption(option('--tls-ca <file>', 'use TLS, with these authorities (PEM)'))
    .addOption(option('--tls-cert <file>', "the client's certificate (PEM)"))
    .addOption(option('--tls-key <file>', 'its private key (PEM)'))
    .addOption(
      option('--tls-server-name <name>', "name in the server's certificate, if not that of the address"),
    );
}
