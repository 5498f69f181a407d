// Writes schema/pipeline-document.schema.json, the JSON Schema of the pipeline document. Run after `npm run build`:
//   node lib/scripts/publish-schema.js
import { mkdirSync, writeFileSync } from 'node:fs';
import { publishedSchema } from '../runtime/definition/published-schema';

mkdirSync('schema', { recursive: true });
writeFileSync('schema/pipeline-document.schema.json', `${JSON.stringify(publishedSchema(), null, 2)}\n`);
