const HOSTS = /^([^@]*@)?(\[[0-9a-f:.]+\]|[^@:[\]]*)(:\d*)?(,[^@:]*(:\d*)?)*$/i;

/**
 * A URI for logs and messages: without user, password and query, whatever its form. Where it is not well-formed, everything
 * up to the last `@` counts as the password.
 */
export function redactUri(uri: string): string {
  const { scheme = '', rest, whole } = splitUri(uri);
  if (!whole) {
    const at = rest.lastIndexOf('@');
    if (at < 0) return scheme === '' ? uri : `${scheme}…`;
    return `${scheme}…${rest.slice(at).replace(/[?#].*$/s, '')}`;
  }
  const { authority, path } = whole;
  const host = authority.includes('@') ? `…${authority.slice(authority.lastIndexOf('@'))}` : authority;
  return scheme + host + path;
}

/** Whether the URI's user and password, if any, are written so that every reader finds the same ones. */
export function isWellFormedUri(uri: string): boolean {
  return splitUri(uri).whole !== undefined;
}

interface SplitUri {
  readonly scheme: string | undefined;
  readonly rest: string;
  /** Absent when it cannot be told where the password ends. */
  readonly whole?: { readonly authority: string; readonly path: string };
}

function splitUri(uri: string): SplitUri {
  const [, scheme, rest = ''] = /^([a-z][a-z0-9+.-]*:\/\/)?(.*)$/is.exec(uri) ?? [];
  const [, authority = '', path = '', query = ''] = /^([^/?#]*)([^?#]*)(.*)$/s.exec(rest) ?? [];
  const isWhole =
    scheme !== undefined &&
    HOSTS.test(authority) &&
    !path.includes('@') &&
    (authority.includes('@') || !query.includes('@'));
  return { scheme, rest, ...(isWhole && { whole: { authority, path } }) };
}
