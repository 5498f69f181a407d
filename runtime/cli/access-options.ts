import { type Command } from 'commander';
import { DEFAULT_ACCESS_OPTIONS } from '../config/access-options';
import { option } from '../../contracts/program/run-program';

/** Options of `mis serve` about who may call. */
export function addAccessOptions(command: Command): Command {
  const { jwtClaim, tokenExpiry, healthAccess } = DEFAULT_ACCESS_OPTIONS;
  return command
    .addOption(option('--tokens <file>', 'bearer tokens that may call; see mis token'))
    .addOption(option('--jwks <file>', 'public keys (JWKS) of whoever issues JSON Web Tokens that may call'))
    .addOption(option('--jwt-audience <name>', "what such a token's 'aud' must name"))
    .addOption(option('--jwt-issuer <name>', "what its 'iss' must be"))
    .addOption(option('--jwt-claim <name>', 'its claim that names pipelines, or *').default(jwtClaim))
    .addOption(
      option(
        '--token-expiry <mode>',
        'of an open stream whose token expires or is withdrawn: keep, end',
      ).default(tokenExpiry),
    )
    .addOption(
      option('--health-access <mode>', 'of the gRPC health service: open, token').default(healthAccess),
    );
}
