import { type Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import { messageOf } from '../../contracts/program/problem';
import { COMPONENT_KINDS, type ComponentKind } from '../../contracts/repository/component-key';
import { type ComponentFilter } from '../store/component-filter';
import { type ComponentRecord, type StoredPackage } from '../store/component-record';
import { type ComponentStore } from '../store/component-store';
import { INDEX_ENTRY, packageEntry, type ArchivedComponent, type ArchiveIndex } from './archive-index';

export interface ExportRequest {
  readonly kinds?: readonly ComponentKind[];
  readonly filter: ComponentFilter;
}

/**
 * One zip with everything that the filter lets through: an index, and each package once, stored as it is. It is made
 * while it is sent, one package at a time. The stream fails when a package cannot be read, and the archive then has no end.
 */
export async function exportArchive(
  store: ComponentStore,
  { kinds = COMPONENT_KINDS, filter }: ExportRequest,
): Promise<Readable> {
  const records = (await Promise.all(kinds.map((kind) => store.list(kind, filter)))).flatMap(
    (page) => page.records,
  );
  const index: ArchiveIndex = {
    format: 'mis-components/1',
    exportedAt: new Date().toISOString(),
    components: records.map(toArchived),
  };
  const zip = new ZipFile();
  const output = zip.outputStream as Readable;
  let source: Readable | undefined;
  // who stops reading the archive stops the reading of the package that is being packed
  output.once('close', () => source?.destroy());
  zip.on('error', (error) => output.destroy(error instanceof Error ? error : new Error(messageOf(error))));
  zip.addBuffer(Buffer.from(JSON.stringify(index, null, 2)), INDEX_ENTRY);
  for (const stored of distinctPackages(records)) {
    zip.addReadStreamLazy(packageEntry(stored.sha256), { compress: false, size: stored.size }, (done) => {
      store.read(stored).then(
        (stream) => {
          source = stream;
          if (output.destroyed) stream.destroy();
          done(null, stream);
        },
        (error: unknown) => done(error, undefined as never),
      );
    });
  }
  zip.end();
  return output;
}

function toArchived({ key, meta, package: stored }: ComponentRecord): ArchivedComponent {
  if (!stored) return { ...key, meta: meta && { ...meta }, package: null };
  const { sha256, size, fileName, signature } = stored;
  return {
    ...key,
    meta: meta && { ...meta },
    package: { sha256, size, fileName, signature },
  };
}

function distinctPackages(records: readonly ComponentRecord[]): StoredPackage[] {
  const packages = records.flatMap((record) => record.package ?? []);
  return [...new Map(packages.map((stored) => [stored.sha256, stored])).values()];
}
