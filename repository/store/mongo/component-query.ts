import { type Filter } from 'mongodb';
import { type ComponentKind } from '../../../contracts/repository/component-key';
import { type ComponentFilter } from '../component-filter';
import { type PageRequest } from '../component-store';
import { type ComponentDocument } from './documents';

/** The query of a filter. */
export function filterQuery(kind: ComponentKind, filter: ComponentFilter): Filter<ComponentDocument> {
  const conditions: Filter<ComponentDocument>[] = [{ kind }];
  const add = <T>(value: T | undefined, condition: (value: T) => Filter<ComponentDocument>) => {
    if (value !== undefined) conditions.push(condition(value));
  };
  add(filter.name, (name) => ({ name }));
  add(filter.version, (version) => ({ $or: [{ version }, { version: '', 'package.version': version }] }));
  add(filter.library, (library) => ({ library }));
  add(filter.stored, (stored) => (stored ? { package: { $ne: null } } : { package: null }));
  add(filter.opaque, (opaque) => ({ 'package.opaque': opaque }));
  add(filter.signer, (signer) => ({ 'package.signature.signer': signer }));
  add(filter.sha256, (sha256) => ({ 'package.sha256': sha256 }));
  add(filter.text, (text) => {
    const contains = { $regex: text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), $options: 'i' };
    return { $or: [{ name: contains }, { description: contains }] };
  });
  return { $and: conditions };
}

/** The query of what comes after a place in the order of lists. */
export function afterQuery({ after }: PageRequest): Filter<ComponentDocument>[] {
  if (!after) return [];
  const { name, version } = after;
  return [{ $or: [{ name: { $gt: name } }, { name, version: { $gt: version } }] }];
}
