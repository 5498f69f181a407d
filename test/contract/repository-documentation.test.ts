import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { variableOf, type OptionDefinition } from '../../contracts/program/options';
import { OPTIONS } from '../../repository/config';
import { ERROR_CATALOGUE, HTTP_STATUS } from '../../repository/errors';
import { componentNameSchema, componentVersionSchema } from '../../contracts/repository/component-key';
import { pipelineDocumentSchema } from '../../runtime/definition';

const text = readFileSync(join(__dirname, '..', '..', 'docs', 'repository.md'), 'utf8');
const rows = text
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split('|').map((cell) => cell.trim()));

it('lists every error of the repository with its status and when it is given, and no other', () => {
  const listed = rows.filter(([, code]) => /^`[A-Z_]+`$/.test(code ?? ''));
  expect(listed.map(([, code, status, when]) => `${code} ${status} ${when}`)).toEqual(
    Object.entries(ERROR_CATALOGUE).map(
      ([code, when]) => `\`${code}\` ${HTTP_STATUS[code as keyof typeof HTTP_STATUS]} ${when}`,
    ),
  );
});

it('lists every option with its variable and default, and no other', () => {
  const listed = rows.filter(([, flags]) => flags?.startsWith('`--'));
  expect(listed.map(([, flags, variable, standard]) => `${flags} ${variable} ${standard}`)).toEqual(
    Object.values<OptionDefinition>(OPTIONS).map((definition) => {
      const standard = definition.default === undefined ? '–' : `\`${definition.default}\``;
      return `\`${definition.flags}\` \`${variableOf(definition)}\` ${standard}`;
    }),
  );
});

it.each([
  'fall-detection',
  'custom.basic_norm',
  '1.0.0',
  'pilot-2-2',
  'a'.repeat(128),
  '',
  '.',
  '../x',
  'a b',
  'a/b',
  '-x',
  'ü',
])('takes the names and versions that a pipeline document can write: %j', (word) => {
  const fits = (model: object) =>
    pipelineDocumentSchema.safeParse({ name: 'p', input: { x: { dtype: 'int8', shape: [] } }, model })
      .success;
  expect(componentNameSchema.safeParse(word).success).toBe(fits({ name: word, version: '1' }));
  expect(componentVersionSchema.safeParse(word).success).toBe(fits({ name: 'm', version: word }));
});
