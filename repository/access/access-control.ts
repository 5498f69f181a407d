import { type FastifyInstance, type FastifyRequest } from 'fastify';
import { RepositoryError } from '../errors';
import { type TokenFile } from '../../contracts/program/token-file';
import { type Scope } from './tokens';

export interface AccessOptions {
  /** Without it everybody may do everything. */
  readonly tokens?: TokenFile<Scope>;
  /** Whether reading needs no token. */
  readonly publicRead: boolean;
  readonly readOnly: boolean;
}

/** Checks each request's token for what its route needs, before anything of its body is read. */
export function registerAccessControl(app: FastifyInstance, options: AccessOptions): void {
  app.addHook('onRequest', (request, reply, done) => {
    const needed = neededAccess(request);
    if (needed === 'open' || request.is404) return done();
    if (options.tokens && !(needed === 'read' && options.publicRead)) {
      const refusal = authorize(request, options.tokens, needed);
      if (refusal) {
        if (refusal.code === 'UNAUTHENTICATED') reply.header('www-authenticate', 'Bearer realm="repository"');
        return done(refusal);
      }
    }
    if (needed === 'write' && options.readOnly) {
      return done(new RepositoryError('READ_ONLY', 'this repository is read-only'));
    }
    return done();
  });
}

function neededAccess(request: FastifyRequest): 'open' | 'read' | 'write' {
  const { config } = request.routeOptions;
  return config.access ?? (request.method === 'GET' || request.method === 'HEAD' ? 'read' : 'write');
}

function authorize(
  request: FastifyRequest,
  tokens: TokenFile<Scope>,
  needed: 'read' | 'write',
): RepositoryError | undefined {
  const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (token === undefined) {
    return new RepositoryError(
      'UNAUTHENTICATED',
      'a token is needed: send it as the header Authorization: Bearer <token>',
    );
  }
  const holder = tokens.holderOf(token);
  if (!holder) return new RepositoryError('UNAUTHENTICATED', 'the token is not known');
  if (needed === 'write' && holder.rights === 'read') {
    return new RepositoryError('FORBIDDEN', `the token of ${holder.name} may read, not write`);
  }
  return undefined;
}
