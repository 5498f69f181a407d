import { readFileSync } from 'node:fs';
import { parseDocument as parseYaml, type YAMLError } from 'yaml';
import { ConfigurationError, messageOf, type Problem } from './problem';

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or directory',
  EACCES: 'reading it is not permitted',
  EISDIR: 'is a directory',
};

/** The error of a file or directory that cannot be read. */
export function unreadable(path: string, error: unknown): ConfigurationError {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return new ConfigurationError(path, [{ path: '', message: REASONS[code] ?? messageOf(error) }]);
}

/** @throws ConfigurationError when the file cannot be read. */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** The parser's message without its excerpt; the most frequent mistakes have a plainer one. */
function sentenceOf({ code, message, pos }: YAMLError, text: string): string {
  if (code === 'DUPLICATE_KEY') {
    const [key] = /^("[^"]*"|'[^']*'|[^\s:]+)/.exec(text.slice(pos[0])) ?? ['?'];
    return `the key ${key} is there twice`;
  }
  if (code === 'MULTIPLE_DOCS') return 'a second document begins here; expected one';
  return message.split(/ at line \d/)[0];
}

/**
 * What YAML or JSON text says.
 * @throws ConfigurationError with the line of each syntax error and of each key that is there twice.
 */
export function parseText(text: string, source: string): unknown {
  const content = text.replace(/^\uFEFF/, '');
  const document = parseYaml(content, { prettyErrors: true });
  const problems = [...document.errors, ...document.warnings].map((error): Problem => {
    const place = error.linePos?.[0];
    const path = place ? `line ${place.line}, column ${place.col}` : '';
    return { path, message: sentenceOf(error, content) };
  });
  if (problems.length > 0) throw new ConfigurationError(source, problems);
  if (document.contents === null) throw new ConfigurationError(source, [{ path: '', message: 'is empty' }]);
  try {
    return document.toJS() as unknown;
  } catch (error) {
    throw new ConfigurationError(source, [{ path: '', message: messageOf(error) }]);
  }
}
