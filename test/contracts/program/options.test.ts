import { Command } from 'commander';
import { addOptions, OptionReader, variableOf, type OptionTable } from '../../../contracts/program/options';
import { OPTIONS } from '../../../repository/config';
import { createProgram } from '../../../runtime/cli/program';
import { SERVE_OPTIONS } from '../../../runtime/config/runtime-options';

const TABLE = {
  file: { flags: '-f, --file <path>', description: 'a file', default: 'here', otherVariable: 'THE_FILE' },
  dryRun: { flags: '--dry-run', description: 'a switch' },
  folder: { flags: '--folder <dir>', description: 'folders', repeatable: 'paths' },
  name: { flags: '--name <name>', description: 'names', repeatable: 'values' },
} as const satisfies OptionTable;

const before = { ...process.env };
afterEach(() => {
  process.env = { ...before };
});

/** What the action of a command with these options gets. */
async function given(args: string[], environment: Record<string, string> = {}): Promise<unknown> {
  Object.assign(process.env, environment);
  let options: unknown;
  const command = addOptions(new Command(), TABLE).action((given: unknown) => {
    options = given;
  });
  await command.parseAsync(args, { from: 'user' });
  return options;
}

it.each([
  [[], {}, { file: 'here' }],
  [[], { MIS_FILE: 'there' }, { file: 'there' }],
  [[], { THE_FILE: 'there' }, { file: 'there' }],
  [[], { MIS_FILE: '', THE_FILE: 'there' }, { file: 'there' }],
  [[], { MIS_FILE: 'own', THE_FILE: 'other' }, { file: 'own' }],
  [['-f', 'given'], { MIS_FILE: 'there' }, { file: 'given' }],
  [[], { MIS_FILE: '' }, { file: 'here' }],
  [[], { MIS_DRY_RUN: 'true' }, { file: 'here', dryRun: true }],
  [[], { MIS_DRY_RUN: '0' }, { file: 'here' }],
  [['--dry-run'], { MIS_DRY_RUN: 'false' }, { file: 'here', dryRun: true }],
  [['--folder', 'a:b', '--folder', 'c'], {}, { file: 'here', folder: ['a', 'b', 'c'] }],
  [[], { MIS_FOLDER: 'a:b' }, { file: 'here', folder: ['a', 'b'] }],
  [['--name', 'a:b', '--name', 'c'], {}, { file: 'here', name: ['a:b', 'c'] }],
])('reads %j with the environment %j', async (args, environment, expected) => {
  expect(await given(args, environment)).toEqual(expected);
});

it('refuses the variable of a switch that says neither yes nor no', async () => {
  await expect(given([], { MIS_DRY_RUN: 'perhaps' })).rejects.toThrow(
    "--dry-run must be true or false, got 'perhaps'",
  );
});

it('collects what is wrong with every option', () => {
  const options = new OptionReader(TABLE, { file: 'x', name: ['a', 'b'] });
  const refuse = (): never => {
    throw new RangeError('is wrong');
  };
  options.read('file', refuse);
  options.optional('dryRun', refuse);
  options.check('--file, --name', refuse);
  expect(options.values('name')).toEqual(['a', 'b']);
  expect(() => options.finish()).toThrow('--file: is wrong\n--file, --name: is wrong');
});

it.each([
  ['mis serve', SERVE_OPTIONS],
  ['mis-repository', OPTIONS],
])('every option of %s is the variable of its flag, and is called after it', (_, table) => {
  for (const [name, definition] of Object.entries<(typeof TABLE)[keyof typeof TABLE]>(table as never)) {
    const flag = definition.flags.split(' ')[0].slice(2);
    expect(variableOf(definition)).toBe(`MIS_${flag.toUpperCase().replaceAll('-', '_')}`);
    expect(name).toBe(flag.replace(/-(.)/g, (_match, letter: string) => letter.toUpperCase()));
  }
});

it('every option of the commands of mis that is in a table tells its variable', () => {
  const serve = createProgram().commands.find((command) => command.name() === 'serve');
  expect(serve?.options.map(({ long, envVar }) => [long, envVar])).toEqual(
    Object.values(SERVE_OPTIONS).map((definition) => [
      definition.flags.split(' ')[0],
      variableOf(definition),
    ]),
  );
});
