import { createWriteStream } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { openPromise } from 'yauzl';
import { ZipFile } from 'yazl';
import {
  componentManifestSchema,
  MANIFEST_FILE as MANIFEST,
  MAX_MANIFEST_BYTES,
  type ComponentManifest,
} from '../../contracts/package/component-manifest';
import { messageOf } from '../../contracts/program/problem';
import { ComponentError } from '../../contracts/package/component-error';
import { parseJsonText } from '../../contracts/values/json-text';

/** One time for all files of all packages: equal content is an equal package. */
const NO_TIME = new Date(Date.UTC(1980, 0, 2));

/**
 * The manifest in a package; undefined when the file is no zip, or a zip without one.
 * @throws ComponentError when the zip is damaged or its manifest does not fit.
 */
export async function readPackageManifest(file: string): Promise<ComponentManifest | undefined> {
  if (!(await isZip(file))) return undefined;
  try {
    const zip = await openPromise(file, { autoClose: false });
    try {
      for await (const entry of zip.eachEntry()) {
        if (entry.fileName !== MANIFEST) continue;
        if (entry.uncompressedSize > MAX_MANIFEST_BYTES) throw new Error(`its ${MANIFEST} is too large`);
        const text = await buffer(await zip.openReadStreamPromise(entry));
        return parseManifest(text.toString('utf8'));
      }
      return undefined;
    } finally {
      zip.close();
    }
  } catch (error) {
    throw new ComponentError(`${file}: ${messageOf(error)}`);
  }
}

/**
 * Packs a directory with a component.json at its root into a package. The same content gives the same bytes.
 * @throws ComponentError when there is no component.json, or something that is neither a file nor a folder.
 */
export async function packDirectory(directory: string, file: string): Promise<void> {
  const zip = new ZipFile();
  const names: string[] = [];
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) continue;
    if (!entry.isFile())
      throw new ComponentError(`${path} is neither a file nor a folder: a package has no links`);
    names.push(relative(directory, path).split(sep).join('/'));
  }
  if (!names.includes(MANIFEST))
    throw new ComponentError(`${directory} has no ${MANIFEST}, which says what it is`);
  for (const name of names.sort()) {
    zip.addFile(join(directory, name), name, { mtime: NO_TIME, mode: 0o100644, forceDosTimestamp: true });
  }
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(file));
}

function parseManifest(text: string): ComponentManifest {
  const parsed = componentManifestSchema.safeParse(parseJsonText(text));
  if (parsed.success) return parsed.data;
  throw new Error(
    `${MANIFEST}: ${parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}`,
  );
}

/** Whether a file begins as a zip does. */
export async function isZip(file: string): Promise<boolean> {
  const handle = await open(file, 'r');
  try {
    const { buffer: head, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    return bytesRead === 4 && head.readUInt32LE(0) === 0x04034b50;
  } finally {
    await handle.close();
  }
}
