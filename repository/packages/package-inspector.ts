import { link, mkdtemp, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  componentManifestSchema,
  type ComponentManifest,
  MANIFEST_FILE as MANIFEST,
  MAX_MANIFEST_BYTES,
} from '../../contracts/package/component-manifest';
import { ZipArchive, type ZipLimits } from '../../contracts/package/zip-archive';
import { messageOf } from '../../contracts/program/problem';
import { RepositoryError } from '../errors';
import { describeKey, type ComponentKey } from '../../contracts/repository/component-key';
import { type ModelFormats } from '../../contracts/repository/listed-package';
import { type PackageDescription } from '../store/component-record';
import { type OnnxInspector } from './onnx-inspector';
import { refusal, refuse } from './refusal';
import { parseJsonText } from '../../contracts/values/json-text';

/** A package in a file, and what its uploader says it is. */
export interface PackageToInspect {
  readonly key: ComponentKey;
  readonly path: string;
  readonly fileName: string | null;
}

/** Opens packages and says what they are, before they are stored. Their code never runs here. */
export class PackageInspector {
  constructor(
    private readonly onnx: OnnxInspector,
    private readonly limits: ZipLimits,
    /** Whether packages of other runtimes are refused. */
    private readonly strict: boolean,
  ) {}

  /** @throws PACKAGE_REFUSED, NAME_MISMATCH */
  async inspect(item: PackageToInspect): Promise<PackageDescription> {
    const description = await this.understand(item);
    if (description.opaque && this.strict) {
      return refuse(
        `is of another runtime, and this repository takes only packages that it understands: ${
          item.key.kind === 'model' ? `an .onnx file, or a zip with ${MANIFEST}` : `a zip with ${MANIFEST}`
        }`,
      );
    }
    return description;
  }

  private async understand(item: PackageToInspect): Promise<PackageDescription> {
    const head = await readHead(item.path);
    if (head.length === 0) return refuse('is empty');
    if (isZip(head)) return this.inspectZip(item);
    const declared = item.key.kind === 'model' && isDeclaredOnnx(item);
    if (!declared && !(item.key.kind === 'model' && looksLikeOnnx(head))) return OPAQUE;
    try {
      return { opaque: false, version: null, formats: await this.inspectModel(item.path), manifest: null };
    } catch (error) {
      // a file that only looked like one by its first bytes is somebody else's
      if (!declared && error instanceof RepositoryError && error.code === 'PACKAGE_REFUSED') return OPAQUE;
      throw error;
    }
  }

  private async inspectZip(item: PackageToInspect): Promise<PackageDescription> {
    const zip = await ZipArchive.open(item.path, this.limits, refusal);
    try {
      if (!zip.has(MANIFEST)) {
        if (item.key.kind !== 'model' || !isDeclaredOnnx(item)) return OPAQUE;
        return refuse(`is a zip without ${MANIFEST}, and no ONNX model as its name ${item.fileName} says`);
      }
      const manifest = await readManifest(zip);
      requireSameComponent(manifest, item.key);
      const formats =
        item.key.kind === 'model' ? await this.inspectZippedModel(zip, manifest, item.path) : null;
      if (item.key.kind !== 'model') {
        requireEntry(zip, manifest.entry, 'entry');
        await zip.verify();
      }
      return { opaque: false, version: manifest.version, formats, manifest };
    } finally {
      zip.close();
    }
  }

  private async inspectZippedModel(
    zip: ZipArchive,
    manifest: ComponentManifest,
    path: string,
  ): Promise<ModelFormats> {
    const models = zip.names.filter((name) => name.endsWith('.onnx') && !name.includes('/'));
    if (manifest.file === undefined && models.length !== 1) {
      return refuse(
        `must name its model in ${MANIFEST} as "file", or hold one .onnx file, got ${models.length}`,
      );
    }
    const file = manifest.file ?? models[0];
    requireEntry(zip, file, 'file');
    // everything is unpacked: a model may have its weights in other files
    const directory = await mkdtemp(`${path}-`);
    try {
      for (const name of zip.names) await zip.extract(name, directory);
      return await this.onnx.formats(join(directory, file));
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }

  private async inspectModel(path: string): Promise<ModelFormats> {
    // in an empty folder, so that a model cannot read files beside it
    const directory = await mkdtemp(`${path}-`);
    try {
      const file = join(directory, 'model.onnx');
      await link(path, file);
      return await this.onnx.formats(file);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }
}

const OPAQUE: PackageDescription = { opaque: true, version: null, formats: null, manifest: null };

async function readHead(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(16), 0, 16, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function isZip(head: Buffer): boolean {
  return head.subarray(0, 2).toString('latin1') === 'PK' && [0x0403, 0x0605].includes(head.readUInt16LE(2));
}

/** An ONNX file begins with its IR version: field 1, a small number. */
function looksLikeOnnx(head: Buffer): boolean {
  return head[0] === 0x08 && head[1] > 0 && head[1] < 32;
}

/** Only its name promises an ONNX file: clients say `library: onnx` of other things as well. */
function isDeclaredOnnx({ fileName }: PackageToInspect): boolean {
  return fileName?.toLowerCase().endsWith('.onnx') === true;
}

async function readManifest(zip: ZipArchive): Promise<ComponentManifest> {
  let json: unknown;
  const text = await zip.readText(MANIFEST, MAX_MANIFEST_BYTES);
  try {
    json = parseJsonText(text);
  } catch (error) {
    return refuse(`has a ${MANIFEST} that is no JSON: ${messageOf(error)}`);
  }
  const parsed = componentManifestSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) =>
    [path.join('.'), message].filter((part) => part !== '').join(': '),
  );
  return refuse(`has a ${MANIFEST} that does not fit its schema: ${problems.join('; ')}`);
}

function requireSameComponent(manifest: ComponentManifest, key: ComponentKey): void {
  const name = manifest.name ?? manifest.id;
  const same =
    manifest.kind === key.kind &&
    name === key.name &&
    (key.version === '' || manifest.version === key.version);
  if (same) return;
  throw new RepositoryError(
    'NAME_MISMATCH',
    `the package says it is ${manifest.kind} ${name} ${manifest.version}, but it was uploaded as ${describeKey(key)}`,
  );
}

function requireEntry(zip: ZipArchive, file: string | undefined, field: string): void {
  if (file === undefined || !zip.has(file)) {
    refuse(`names ${file ?? 'nothing'} as "${field}" in ${MANIFEST}, which is not in it`);
  }
}
