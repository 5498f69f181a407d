import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { refuse } from '../private/checks';

/** What a component can be; the first folder of its path. */
export const COMPONENT_KINDS = ['transformation', 'model', 'inferencer', 'service'] as const;

export interface ComponentFile {
  /** Path in the component directory, with slashes: `model/fall-detection/pilot-2-2/model.onnx`. */
  readonly path: string;
  readonly content: Buffer;
}

/** A directory of components, `<kind>/<id or name>/<version>/…`, as it lies beside the stack's sources. */
export class ComponentFolder {
  readonly files: readonly ComponentFile[];

  constructor(readonly folder: string) {
    this.files = readFiles(folder);
    if (this.files.length === 0)
      refuse('ComponentFolder', 'folder', folder, 'a directory with at least one component');
    for (const { path } of this.files) {
      const [kind = '', ...rest] = path.split('/');
      if (rest.length < 3 || !(COMPONENT_KINDS as readonly string[]).includes(kind)) {
        refuse(
          'ComponentFolder',
          'folder',
          join(folder, path),
          `laid out as <kind>/<id or name>/<version>/<file>, kind one of ${COMPONENT_KINDS.join(', ')}`,
        );
      }
    }
  }

  /** Bytes of all files. */
  get size(): number {
    return this.files.reduce((sum, { content }) => sum + content.length, 0);
  }

  /** Whether there is a component of this kind, name and version (any, if none is given). */
  has(kind: (typeof COMPONENT_KINDS)[number], name: string, version?: string): boolean {
    const start = version === undefined ? `${kind}/${name}/` : `${kind}/${name}/${version}/`;
    return this.files.some(({ path }) => path.startsWith(start));
  }
}

function readFiles(folder: string): ComponentFile[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    refuse('ComponentFolder', 'folder', folder, 'a directory that exists');
  }
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path: relative(folder, path).split(sep).join('/'), content: readFileSync(path) }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}
