import { type z } from 'zod';
import { identifiedComponentSchemas } from './identified-component';
import { listedCodeFields, postedCodeFields } from './transformation';

export const serviceSchemas = identifiedComponentSchemas('service', {
  posted: postedCodeFields,
  listed: listedCodeFields,
});
export type ListedService = z.output<typeof serviceSchemas.listed>;
