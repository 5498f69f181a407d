/** Where the components are. */
export type StoreLocation =
  | { readonly kind: 'embedded'; readonly directory: string }
  | { readonly kind: 'mongodb'; readonly uri: string };

/**
 * Reads `file:<directory>` (also as a URL, `file:///…`) and `mongodb://…`, `mongodb+srv://…`.
 * @throws RangeError with what is allowed.
 */
export function parseStoreLocation(text: string): StoreLocation {
  if (/^mongodb(\+srv)?:\/\/./.test(text)) return { kind: 'mongodb', uri: text };
  const directory = /^file:(?:\/\/(?=\/))?(.+)$/.exec(text)?.[1];
  if (directory !== undefined) return { kind: 'embedded', directory };
  throw new RangeError(
    `must be file:<directory> or mongodb://…, got '${text.replace(/\/\/[^@/]*@/, '//…@')}'`,
  );
}

/** What a log may say of it: no user, no password. */
export function describeLocation(location: StoreLocation): string {
  if (location.kind === 'embedded') return `file:${location.directory}`;
  return location.uri.replace(/\/\/[^@/]*@/, '//…@');
}
