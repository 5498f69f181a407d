import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FastifyInstance } from 'fastify';

const DIRECTORY = join(__dirname, '..', '..', 'page');

/** The files of the page: these and no others of this machine are served. */
const ASSETS = [
  { url: '/', file: 'index.html', type: 'text/html; charset=utf-8' },
  { url: '/page/page.css', file: 'page.css', type: 'text/css; charset=utf-8' },
  { url: '/page/page.browser.js', file: 'page.browser.js', type: 'text/javascript; charset=utf-8' },
  { url: '/page/icon.svg', file: 'icon.svg', type: 'image/svg+xml' },
] as const;

/** `GET /`: a page for people, over the same interface as everybody else's. */
export function registerPage(app: FastifyInstance): void {
  for (const { url, file, type } of ASSETS) {
    const content = readFileSync(join(DIRECTORY, file));
    app.get(url, { schema: { hide: true }, config: { access: 'open' } }, (_request, reply) =>
      reply.type(type).header('cache-control', 'no-cache').send(content),
    );
  }
}
