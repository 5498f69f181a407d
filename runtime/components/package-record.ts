import { existsSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ComponentError } from '../../contracts/package/component-error';
import { type ComponentSignature } from '../../contracts/package/component-identity';
import { type ComponentKind } from '../../contracts/package/component-manifest';
import { messageOf } from '../../contracts/program/problem';
import { PACKAGE_LIMITS, ZipArchive } from '../../contracts/package/zip-archive';
import { filesBelow, sha256OfFile, sha256OfStream } from './file-digests';

/** What a package may unpack to on this machine: twice what a large model takes. */
export const UNPACKED_LIMITS = { ...PACKAGE_LIMITS, maxUnpackedBytes: 32 * 2 ** 30 };

const RECORD = '.package.json';
/** The package of code as it was fetched: the only thing that its digest and signature can be compared with. */
export const KEPT_PACKAGE = '.package.zip';
/** File of a model that was fetched without a package around it. */
export const BARE_MODEL = 'model.onnx';

const recordSchema = z.object({
  sha256: z.string(),
  size: z.number(),
  repository: z.string(),
  signature: z.string().nullish(),
  signer: z.string().nullish(),
  /** SHA-256 of each file that was unpacked, in hexadecimal, by path. */
  files: z.record(z.string(), z.string()).optional(),
});

/** What is known of the package that a component's folder was unpacked from. A folder without one was put there by hand. */
export type PackageRecord = z.infer<typeof recordSchema>;

/** Thrown when a folder that was fetched does not hold what was fetched, or not what is wanted: it can be fetched again. */
export class KeptPackageError extends ComponentError {}

/** @throws KeptPackageError when there is a record that cannot be read. */
export function readPackageRecord(directory: string): PackageRecord | undefined {
  const file = join(directory, RECORD);
  if (!existsSync(file)) return undefined;
  try {
    return recordSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new KeptPackageError(
      `${file} is damaged (${messageOf(error)}); delete ${directory} to have it fetched again`,
    );
  }
}

/** Writes the record so that it outlasts a power cut. */
export async function writePackageRecord(directory: string, record: PackageRecord): Promise<void> {
  const handle = await open(join(directory, RECORD), 'w');
  try {
    await handle.writeFile(`${JSON.stringify(record)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export function signatureOf({ signature, signer }: PackageRecord): ComponentSignature | undefined {
  return signature && signer ? { signature, signer } : undefined;
}

/**
 * Compares every file of a fetched folder with its package: of code, the package that is kept beside it; of a bare model,
 * the digest itself; of other models, the digests noted when the package was unpacked.
 * @throws KeptPackageError that names the first file that is not as it was fetched
 */
export async function verifyKept(
  kind: ComponentKind,
  directory: string,
  record: PackageRecord,
): Promise<void> {
  const refuse = (reason: string): never => {
    throw new KeptPackageError(`${directory} is not what was fetched: ${reason}`);
  };
  const expected = await expectedFiles(kind, directory, record).catch((error: unknown) =>
    refuse(messageOf(error)),
  );
  for (const [path, sha256] of expected) {
    const actual = await sha256OfFile(join(directory, path)).catch(() => undefined);
    if (actual === undefined) refuse(`${path} is missing or cannot be read`);
    if (actual !== sha256) refuse(`${path} has sha256:${actual}, the package has sha256:${sha256}`);
  }
  const more = filesBelow(directory).find((path) => !expected.has(path));
  if (more !== undefined) refuse(`${more} is no part of the package`);
}

async function expectedFiles(
  kind: ComponentKind,
  directory: string,
  { sha256, files }: PackageRecord,
): Promise<ReadonlyMap<string, string>> {
  if (kind === 'model') return new Map(Object.entries(files ?? { [BARE_MODEL]: sha256 }));
  const kept = join(directory, KEPT_PACKAGE);
  if (!existsSync(kept)) throw new Error(`${KEPT_PACKAGE} is missing`);
  const actual = await sha256OfFile(kept);
  if (actual !== sha256)
    throw new Error(`${KEPT_PACKAGE} has sha256:${actual}, fetched was sha256:${sha256}`);
  return digestsInZip(kept);
}

/** SHA-256 of each file of a package, in hexadecimal, by path. @throws ComponentError when it is damaged. */
export async function digestsInZip(file: string): Promise<Map<string, string>> {
  const zip = await ZipArchive.open(file, UNPACKED_LIMITS);
  try {
    const digests = new Map<string, string>();
    for (const name of zip.names) digests.set(name, await sha256OfStream(await zip.stream(name)));
    return digests;
  } finally {
    zip.close();
  }
}
