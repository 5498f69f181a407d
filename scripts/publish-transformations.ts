// Writes docs/transformations.md from the registry of built-ins. Run after `npm run build`:
//   node lib/scripts/publish-transformations.js
import { mkdirSync, writeFileSync } from 'node:fs';
import { renderTransformations } from './render-transformations';

mkdirSync('docs', { recursive: true });
writeFileSync('docs/transformations.md', renderTransformations());
