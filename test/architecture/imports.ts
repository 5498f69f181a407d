import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, posix, relative, resolve } from 'node:path';
import ts from 'typescript';

/** Folders of the repository whose imports are held to the table; generated code is left out. */
const TOP_LEVEL = ['contracts', 'runtime', 'repository', 'constructs', 'stacks', 'control', 'scripts'];
const GENERATED = 'constructs/imports/';

/** One file imports another, types included. Paths are relative to the root, with `/`. */
export interface Import {
  readonly from: string;
  readonly to: string;
}

/** Every import between the project's own source files below `root`. */
export function readImports(root: string): Import[] {
  return sourceFiles(root).flatMap((from) => importsOf(root, from));
}

function sourceFiles(root: string): string[] {
  return TOP_LEVEL.filter((folder) => existsSync(join(root, folder))).flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((name) => posix.join(folder, name.replaceAll('\\', '/')))
      .filter((name) => name.endsWith('.ts') && !name.startsWith(GENERATED)),
  );
}

/** Every file and package that `start` imports, directly or through others, types included. */
export function reachedFrom(root: string, start: string): { files: Set<string>; packages: Set<string> } {
  const files = new Set([start]);
  const packages = new Set<string>();
  for (const file of files) {
    for (const name of importedNames(root, file)) if (!name.startsWith('.')) packages.add(name);
    for (const { to } of importsOf(root, file)) files.add(to);
  }
  return { files, packages };
}

/** Also finds `import type`, `import('…')` in types and calls, `export … from` and `require('…')`. */
function importedNames(root: string, file: string): string[] {
  const { importedFiles } = ts.preProcessFile(readFileSync(join(root, file), 'utf8'), true, true);
  return importedFiles.map(({ fileName }) => fileName);
}

function importsOf(root: string, from: string): Import[] {
  return importedNames(root, from).flatMap((fileName) => {
    if (!fileName.startsWith('.')) return [];
    const target = resolve(root, dirname(from), fileName);
    const file = [`${target}.ts`, join(target, 'index.ts'), target].find(
      (path) => path.endsWith('.ts') && existsSync(path),
    );
    return file === undefined ? [] : [{ from, to: relative(root, file).replaceAll('\\', '/') }];
  });
}

/**
 * The room of a file: a top-level folder; inside `runtime/` and `contracts/` the folder below it, or a file at the root
 * of `runtime/` by itself.
 */
export function roomOf(file: string): string {
  const [top = '', second = '', ...rest] = file.split('/');
  if (top !== 'runtime' && top !== 'contracts') return `${top}/`;
  return rest.length === 0 ? `${top}/${second}` : `${top}/${second}/`;
}

/** Each circle once: groups of nodes that can all reach each other. */
export function findCircles(edges: readonly Import[]): string[][] {
  const next = new Map<string, Set<string>>();
  for (const { from, to } of edges) {
    if (from === to) continue;
    next.set(from, (next.get(from) ?? new Set()).add(to));
  }
  const reachable = new Map([...next.keys()].map((node) => [node, reach(node, next)]));
  const circles = [...reachable]
    .filter(([node, found]) => found.has(node))
    .map(([node, found]) => [...found].filter((other) => reachable.get(other)?.has(node)).sort());
  return [...new Map(circles.map((circle) => [circle.join(), circle])).values()];
}

function reach(start: string, next: ReadonlyMap<string, ReadonlySet<string>>): Set<string> {
  const found = new Set<string>();
  const open = [start];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    for (const other of next.get(node) ?? []) {
      if (found.has(other)) continue;
      found.add(other);
      open.push(other);
    }
  }
  return found;
}
