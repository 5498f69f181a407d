import { type ComponentRecord } from './component-record';

/** What a list is narrowed to; all of it must hold. */
export interface ComponentFilter {
  readonly name?: string;
  readonly version?: string;
  /** Text in name or description, in any case. */
  readonly text?: string;
  readonly library?: string;
  readonly stored?: boolean;
  readonly opaque?: boolean;
  readonly signer?: string;
  readonly sha256?: string;
}

/** Whether a record passes the filter. */
export function matchesFilter(record: ComponentRecord, filter: ComponentFilter): boolean {
  const { key, meta, package: stored } = record;
  return (
    (filter.name === undefined || key.name === filter.name) &&
    (filter.version === undefined || (key.version || stored?.version) === filter.version) &&
    (filter.library === undefined || meta?.library === filter.library) &&
    (filter.stored === undefined || (stored !== null) === filter.stored) &&
    (filter.opaque === undefined || stored?.opaque === filter.opaque) &&
    (filter.signer === undefined || stored?.signature?.signer === filter.signer) &&
    (filter.sha256 === undefined || stored?.sha256 === filter.sha256) &&
    (filter.text === undefined || containsText(record, filter.text.toLowerCase()))
  );
}

function containsText({ key, meta }: ComponentRecord, text: string): boolean {
  const description = meta?.description;
  return (
    key.name.toLowerCase().includes(text) ||
    (typeof description === 'string' && description.toLowerCase().includes(text))
  );
}
