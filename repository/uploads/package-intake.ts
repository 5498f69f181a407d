import { RepositoryError } from '../errors';
import { type PackageInspector } from '../packages/package-inspector';
import { describeKey, type ComponentKey } from '../../contracts/repository/component-key';
import { type StoredPackage } from '../store/component-record';
import { type ComponentStore } from '../store/component-store';
import { unknownComponent, versionImmutable } from '../store/refusals';
import { type IncomingForm } from './incoming-form';
import { type Spool } from './spool';
import { readUploadForm, tooLarge } from './upload-form';

export interface IntakeOptions {
  readonly maxBodyBytes: number;
  /** Whether a stored package may not be replaced. */
  readonly immutable: boolean;
}

/** Brings packages into the store: checks the space, receives, inspects, publishes. A refused one leaves nothing behind. */
export class PackageIntake {
  private readonly underWay = new Set<Promise<unknown>>();

  constructor(
    private readonly store: ComponentStore,
    private readonly spool: Spool,
    private readonly inspector: PackageInspector,
    private readonly options: IntakeOptions,
  ) {}

  /** Takes the package that a form brings for a component whose metadata is stored. */
  take(form: IncomingForm, key: ComponentKey): Promise<StoredPackage> {
    const taken = this.receive(form, key);
    this.underWay.add(taken);
    void taken.catch(() => undefined).finally(() => this.underWay.delete(taken));
    return taken;
  }

  /** Uploads that are being received or published. */
  get inFlight(): number {
    return this.underWay.size;
  }

  /** Resolves when every upload has been stored or cleaned up after. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.underWay);
  }

  private async receive(form: IncomingForm, key: ComponentKey): Promise<StoredPackage> {
    const { maxBodyBytes, immutable } = this.options;
    const record = await this.store.find(key);
    if (!record) throw unknownComponent(key);
    if (record.package && immutable) throw versionImmutable(key);
    if (form.announcedBytes > maxBodyBytes) throw tooLarge(maxBodyBytes);
    await this.spool.requireSpace(form.announcedBytes);

    const upload = await readUploadForm(form, this.spool, maxBodyBytes);
    try {
      const { announcedSha256, sha256, path, fileName } = upload;
      if (announcedSha256 !== undefined && announcedSha256 !== sha256) {
        throw new RepositoryError(
          'DIGEST_MISMATCH',
          `the package of ${describeKey(key)} arrived with sha256 ${sha256}, ${announcedSha256} was announced`,
        );
      }
      const description = await this.inspector.inspect({ key, path, fileName });
      return await this.store.publish(key, { ...upload, description }, { replace: !immutable });
    } finally {
      await this.spool.discard(upload.path);
    }
  }
}
