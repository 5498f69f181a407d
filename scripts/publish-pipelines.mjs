// Writes each pipeline document of stacks/pipelines/ as a typed value beside its file, for the constructs. Runs before the
// build, which compiles what it writes:
//   node scripts/publish-pipelines.mjs
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import prettier from 'prettier';
import { parse } from 'yaml';

const FOLDER = join(import.meta.dirname, '../stacks/pipelines');

for (const useCase of readdirSync(FOLDER)) {
  const files = readdirSync(join(FOLDER, useCase)).filter((name) => name.endsWith('.yaml'));
  for (const file of files) {
    const source = join(FOLDER, useCase, file);
    const target = source.replace(/\.yaml$/, '.ts');
    const options = { ...(await prettier.resolveConfig(target)), parser: 'typescript' };
    writeFileSync(target, await prettier.format(typedValue(source), options));
  }
}

/** The document's first comment becomes the value's docstring, its name the value's. */
function typedValue(path) {
  const text = readFileSync(path, 'utf8');
  const value = parse(text);
  const name = value.name.replaceAll(/-([a-z0-9])/g, (_, letter) => letter.toUpperCase());
  const [comment = ''] = /^(#.*\n)*/.exec(text) ?? [];
  const docstring = comment === '' ? '' : `/**\n${comment.replaceAll(/^#/gm, ' *')} */\n`;
  return `// Made of ${basename(path)} by npm run generate.
import { definePipeline } from '../../../runtime/definition';

${docstring}export const ${name} = definePipeline(${JSON.stringify(value)});
`;
}
