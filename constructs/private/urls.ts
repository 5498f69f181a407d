import { refuse, type Subject } from './checks';

/** An HTTP or HTTPS URL. */
export function requireUrl(subject: Subject, property: string, url: string, example: string): URL {
  const parsed = typeof url === 'string' && URL.canParse(url) ? new URL(url) : undefined;
  if (parsed !== undefined && ['http:', 'https:'].includes(parsed.protocol)) return parsed;
  return refuse(subject, property, url, `a URL, e.g. ${example}`);
}

/** The port that a URL names, or its protocol's. */
export function portOf({ port, protocol }: URL): number {
  if (port !== '') return Number(port);
  return protocol === 'https:' ? 443 : 80;
}
