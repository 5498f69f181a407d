import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { COMPONENT_KINDS, type ComponentKind } from '../../contracts/package/component-manifest';
import { refuse } from '../private/checks';
import { parseJsonText } from '../../contracts/values/json-text';

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

  /** Whether there is a component of this kind, name and version. */
  has(kind: ComponentKind, name: string, version: string): boolean {
    return this.files.some(({ path }) => path.startsWith(`${kind}/${name}/${version}/`));
  }

  /** Path of a model's file; undefined where it has none. */
  modelFile(name: string, version: string): string | undefined {
    const path = modelFile(this.files, `model/${name}/${version}/`);
    return path === undefined ? undefined : join(this.folder, path);
  }
}

/** Name of a model's file: what its `component.json` says, or the only .onnx file. */
function modelFile(files: readonly ComponentFile[], start: string): string | undefined {
  const manifest = files.find(({ path }) => path === `${start}component.json`);
  const named = manifest && (parseJsonText(manifest.content.toString()) as { file?: string }).file;
  if (named !== undefined)
    return files.some(({ path }) => path === start + named) ? start + named : undefined;
  const found = files.filter(({ path }) => path.startsWith(start) && path.endsWith('.onnx'));
  return found.length === 1 ? found[0]?.path : undefined;
}

function readFiles(folder: string): ComponentFile[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    refuse('ComponentFolder', 'folder', folder, 'a directory that exists');
  }
  return filesBelow(folder, '', [])
    .map((path) => ({ path: path.split(sep).join('/'), content: readFileSync(join(folder, path)) }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/**
 * Paths of all files. Links are followed wherever they lead, as the runtime does: the folders of model hubs and of data
 * versioning are links into a cache. A link that leads to no file, or to a folder above, is refused.
 */
function filesBelow(folder: string, path: string, above: readonly string[]): string[] {
  const real = realpathSync(join(folder, path));
  return readdirSync(real).flatMap((name) => {
    const inner = join(path, name);
    const found = statSync(join(folder, inner), { throwIfNoEntry: false });
    if (found?.isFile()) return [inner];
    const isAbove = found?.isDirectory() && [...above, real].includes(realpathSync(join(folder, inner)));
    if (found?.isDirectory() && !isAbove) return filesBelow(folder, inner, [...above, real]);
    return refuse(
      'ComponentFolder',
      'folder',
      join(folder, inner),
      'files and folders, and links to them, not to a folder above',
    );
  });
}
