import { ClassicLevel } from 'classic-level';
import { messageOf } from '../../../contracts/program/problem';
import { UsageError } from '../../../contracts/program/usage-error';
import { codeOf, RepositoryError } from '../../errors';
import { type Change } from '../../../contracts/repository/change';
import { keyText, type ComponentKey } from '../../../contracts/repository/component-key';
import { type ComponentRecord } from '../component-record';

const RECORDS = 'component!';
const CHANGES = 'change!';
/** Ends the range of a prefix: comes after every character that keys have. */
const END = '\u{10ffff}';

const recordKey = (key: ComponentKey) => RECORDS + keyText(key);
const changeKey = (sequence: number) => CHANGES + String(sequence).padStart(16, '0');

/** One write: all of it is durable, or none. */
export interface IndexWrite {
  readonly put?: ComponentRecord;
  readonly remove?: ComponentKey;
  readonly change: Change;
  /** Changes that are too old to be kept. */
  readonly forget: readonly number[];
}

/** The durable side of the embedded store's metadata: a LevelDB of this process alone. */
export class MetadataIndex {
  private broken = false;

  private constructor(private readonly level: ClassicLevel) {}

  /** @throws UsageError when another process has it open, or the directory cannot be used. */
  static async open(directory: string): Promise<MetadataIndex> {
    const level = new ClassicLevel(directory);
    try {
      await level.open();
    } catch (error) {
      const cause = (error as { cause?: unknown }).cause;
      if (codeOf(cause) === 'LEVEL_LOCKED') {
        throw new UsageError(
          `${directory} is in use by another process: an embedded store belongs to one service at a time`,
        );
      }
      throw new UsageError(`cannot open the index in ${directory}: ${messageOf(cause ?? error)}`);
    }
    return new MetadataIndex(level);
  }

  async records(): Promise<ComponentRecord[]> {
    const values = await this.level.values({ gte: RECORDS, lt: RECORDS + END }).all();
    return values.map((value) => JSON.parse(value) as ComponentRecord);
  }

  async changes(): Promise<Change[]> {
    const values = await this.level.values({ gte: CHANGES, lt: CHANGES + END }).all();
    return values.map((value) => JSON.parse(value) as Change);
  }

  async write({ put, remove, change, forget }: IndexWrite): Promise<void> {
    try {
      await this.level.batch(
        [
          ...(put ? [{ type: 'put' as const, key: recordKey(put.key), value: JSON.stringify(put) }] : []),
          ...(remove ? [{ type: 'del' as const, key: recordKey(remove) }] : []),
          { type: 'put' as const, key: changeKey(change.sequence), value: JSON.stringify(change) },
          ...forget.map((sequence) => ({ type: 'del' as const, key: changeKey(sequence) })),
        ],
        { sync: true },
      );
    } catch (error) {
      this.broken = true;
      throw new RepositoryError('STORE_UNAVAILABLE', 'the index of the store could not be written', {
        cause: error,
      });
    }
  }

  /** Whether a write failed: LevelDB takes no more of them until it was opened again. */
  get needsReopening(): boolean {
    return this.broken;
  }

  /** After this, what is on the disk counts, and not what was believed before. */
  async reopen(): Promise<void> {
    try {
      await this.level.close();
      await this.level.open();
      this.broken = false;
    } catch (error) {
      throw new RepositoryError('STORE_UNAVAILABLE', 'the index of the store could not be opened again', {
        cause: error,
      });
    }
  }

  check(): void {
    if (this.broken || this.level.status !== 'open') {
      throw new RepositoryError('STORE_UNAVAILABLE', 'the index of the store is not open');
    }
  }

  close(): Promise<void> {
    return this.level.close();
  }
}
