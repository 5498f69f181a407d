import { realpathSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';

const MAX_MESSAGE_LENGTH = 2000;
const MAX_FRAMES = 20;
/** Where this runtime's own compiled code is: its frames say nothing to the author of a component. */
const OWN_CODE = resolve(__dirname, '../..') + sep;

/** What a component threw, as plain text that can cross to another thread. */
export interface Thrown {
  readonly message: string;
  /** File of the component, line and column, e.g. `index.js:12:7`; undefined where the stack does not say. */
  readonly place?: string;
  /** The stack without the frames of Node and of this runtime. */
  readonly stack?: string;
}

/**
 * Describes anything that can be thrown: errors, strings, `undefined`, objects whose properties throw. Never throws.
 * @param folders folders of the component's code; paths in them are given relative to the folder
 */
export function describeThrown(thrown: unknown, folders: readonly string[] = []): Thrown {
  const message = shorten(withoutFolders(textOf(thrown), folders));
  const stack = stringProperty(thrown, 'stack');
  if (stack === undefined) return { message };
  const frames = ownFrames(stack);
  const place = placeOf(stack, folders);
  return {
    message,
    ...(place !== undefined && { place }),
    ...(frames.length > 0 && { stack: [message, ...frames].join('\n') }),
  };
}

/** The folders under which an entry module's code can turn up in a stack: as given, and where links lead. */
export function foldersOf(directory: string, entry: string): string[] {
  const folders = [resolve(directory), resolve(dirname(entry))];
  for (const path of [directory, entry]) {
    try {
      const real = realpathSync(path);
      folders.push(path === entry ? dirname(real) : real);
    } catch {
      // an entry that is not there is refused when it is loaded
    }
  }
  return [...new Set(folders)].sort((a, b) => a.length - b.length);
}

function textOf(thrown: unknown): string {
  const message = stringProperty(thrown, 'message') || stringProperty(thrown, 'name');
  if (message !== undefined) return message;
  if (typeof thrown === 'string' && thrown !== '') return thrown;
  try {
    const shown = inspect(thrown, { depth: 1, breakLength: Infinity, customInspect: false });
    return `it threw ${shown}, which is no Error`;
  } catch {
    return `it threw a value of type ${typeof thrown} that cannot be shown`;
  }
}

function stringProperty(thrown: unknown, name: 'message' | 'name' | 'stack'): string | undefined {
  try {
    const value: unknown = (thrown as Record<string, unknown> | null | undefined)?.[name];
    return typeof value === 'string' && typeof thrown === 'object' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A client may read the message: it names files of the package, not where the server keeps them. */
function withoutFolders(text: string, folders: readonly string[]): string {
  return folders.reduce((shorter, folder) => shorter.replaceAll(folder + sep, ''), text);
}

function shorten(text: string): string {
  return text.length <= MAX_MESSAGE_LENGTH ? text : `${text.slice(0, MAX_MESSAGE_LENGTH)}…`;
}

function ownFrames(stack: string): string[] {
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line) && !line.includes('node:') && !line.includes(OWN_CODE))
    .slice(0, MAX_FRAMES);
}

/** The first position in a stack that lies in the component; a syntax error has it in the lines before the message. */
function placeOf(stack: string, folders: readonly string[]): string | undefined {
  const lines = stack.split('\n');
  const found: string[] = [];
  for (const [index, line] of lines.entries()) {
    const [, file, position] =
      /^(?:.*\()?(?:\s*at )?(?:async )?((?:file:\/\/)?\/[^()]*?):(\d+(?::\d+)?)\)?$/.exec(line) ?? [];
    if (file === undefined) continue;
    const path = file.startsWith('file:') ? fileURLToPath(file) : file;
    const folder = folders.find((candidate) => path.startsWith(candidate + sep));
    if (folder === undefined) continue;
    const caret = position.includes(':') ? -1 : (lines[index + 2] ?? '').indexOf('^');
    found.push(`${relative(folder, path)}:${position}${caret < 0 ? '' : `:${caret + 1}`}`);
  }
  return found.find((place) => !place.includes(`node_modules${sep}`)) ?? found[0];
}
