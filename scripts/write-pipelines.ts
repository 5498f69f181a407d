import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipelineDocuments } from '../stacks/pipelines/pipeline-documents';
import { findPackageRoot } from './package-root';

// Writes the YAML files of the pipelines that are typed values.
for (const [path, text] of pipelineDocuments()) writeFileSync(join(findPackageRoot(__dirname), path), text);
