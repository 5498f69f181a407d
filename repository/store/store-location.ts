import { isWellFormedUri, redactUri } from '../../contracts/values/redacted-uri';

/** Where the components are. */
export type StoreLocation =
  | { readonly kind: 'embedded'; readonly directory: string }
  | { readonly kind: 'mongodb'; readonly uri: string };

/**
 * Reads `file:<directory>` (also as a URL, `file:///…`) and `mongodb://…`, `mongodb+srv://…`.
 * @throws RangeError with what is allowed.
 */
export function parseStoreLocation(text: string): StoreLocation {
  if (/^mongodb(\+srv)?:\/\/./.test(text)) {
    if (isWellFormedUri(text)) return { kind: 'mongodb', uri: text };
    throw new RangeError(
      `must have its user and password percent-encoded (@ is %40, : is %3A, / is %2F, ? is %3F, # is %23), got '${redactUri(text)}'`,
    );
  }
  const directory = /^file:(?:\/\/(?=\/))?(.+)$/.exec(text)?.[1];
  if (directory !== undefined) return { kind: 'embedded', directory };
  throw new RangeError(`must be file:<directory> or mongodb://…, got '${redactUri(text)}'`);
}

/** For logs: no user, no password. */
export function describeLocation(location: StoreLocation): string {
  if (location.kind === 'embedded') return `file:${location.directory}`;
  return redactUri(location.uri);
}
