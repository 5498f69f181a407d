import { type Change } from '../../../contracts/repository/change';
import {
  compareKeys,
  COMPONENT_KINDS,
  keyText,
  type ComponentKey,
  type ComponentKind,
} from '../../../contracts/repository/component-key';
import { type ComponentFilter, matchesFilter } from '../component-filter';
import { type ComponentRecord } from '../component-record';
import { type ChangePage, type PageRequest, type RecordPage } from '../component-store';

/** What the index holds, in memory: lists are answered from here, and packages know how many components refer to them. */
export class MetadataCache {
  private readonly records = new Map<string, ComponentRecord>();
  private readonly references = new Map<string, number>();
  private readonly sorted = new Map<ComponentKind, ComponentRecord[]>();
  private log: Change[];

  constructor(records: readonly ComponentRecord[], changes: readonly Change[]) {
    for (const record of records) this.set(record);
    this.log = [...changes];
  }

  find(key: ComponentKey): ComponentRecord | undefined {
    return this.records.get(keyText(key));
  }

  set(record: ComponentRecord): void {
    this.count(this.find(record.key), -1);
    this.records.set(keyText(record.key), record);
    this.count(record, 1);
    this.sorted.delete(record.key.kind);
  }

  remove(key: ComponentKey): void {
    this.count(this.find(key), -1);
    this.records.delete(keyText(key));
    this.sorted.delete(key.kind);
  }

  private count(record: ComponentRecord | undefined, difference: number): void {
    const sha256 = record?.package?.sha256;
    if (sha256 === undefined) return;
    const references = (this.references.get(sha256) ?? 0) + difference;
    if (references > 0) this.references.set(sha256, references);
    else this.references.delete(sha256);
  }

  isReferenced(sha256: string): boolean {
    return this.references.has(sha256);
  }

  list(kind: ComponentKind, filter: ComponentFilter, { limit, after }: PageRequest): RecordPage {
    const matching = this.ofKind(kind).filter((record) => matchesFilter(record, filter));
    const rest = after ? matching.filter(({ key }) => compareKeys(key, after) > 0) : matching;
    return { records: rest.slice(0, limit), total: matching.length };
  }

  private ofKind(kind: ComponentKind): ComponentRecord[] {
    let records = this.sorted.get(kind);
    if (!records) {
      records = [...this.records.values()].filter(({ key }) => key.kind === kind);
      records.sort((a, b) => compareKeys(a.key, b.key));
      this.sorted.set(kind, records);
    }
    return records;
  }

  counts(): Record<ComponentKind, number> {
    return Object.fromEntries(COMPONENT_KINDS.map((kind) => [kind, this.ofKind(kind).length])) as Record<
      ComponentKind,
      number
    >;
  }

  get lastSequence(): number {
    return this.log.at(-1)?.sequence ?? 0;
  }

  /** Sequences that are beyond the number of changes kept, when one more comes. */
  excess(kept: number): number[] {
    return this.log.slice(0, Math.max(0, this.log.length + 1 - kept)).map(({ sequence }) => sequence);
  }

  append(change: Change, forgotten: number): void {
    this.log.push(change);
    if (forgotten > 0) this.log = this.log.slice(forgotten);
  }

  changes(after: number, limit: number): ChangePage {
    const last = this.lastSequence;
    const oldest = this.log[0]?.sequence ?? last + 1;
    const start = Math.max(0, after + 1 - oldest);
    return { changes: this.log.slice(start, start + limit), oldest, last };
  }
}
