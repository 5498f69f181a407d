import { delimiter } from 'node:path';
import { Option, type Command } from 'commander';
import { ConfigurationError, messageOf, type Problem } from './problem';
import { UsageError } from './usage-error';

/** One option of a program: the source of its flag, its environment variable, its default and its documentation. */
export interface OptionDefinition {
  /** `--http <host:port>`; without a value it is a switch. */
  readonly flags: string;
  readonly description: string;
  readonly default?: string;
  readonly choices?: readonly string[];
  /** May be given again; `paths`: one value may hold several, separated as in PATH. */
  readonly repeatable?: 'values' | 'paths';
  /** Environment variable that is read when the option's own is not set. */
  readonly otherVariable?: string;
}

/** Options by their names in camel case: `dryRun` is `--dry-run` and MIS_DRY_RUN. */
export type OptionTable = Readonly<Record<string, OptionDefinition>>;

/** Options as a person writes them; what is absent has its default. */
export type GivenOptions<T extends OptionTable> = {
  readonly [Name in keyof T]?: T[Name] extends { readonly repeatable: string }
    ? readonly string[]
    : T[Name]['flags'] extends `${string}<${string}`
      ? string
      : boolean | string;
};

/** `--dry-run` */
export function flagOf({ flags }: OptionDefinition): string {
  return /--[a-z0-9-]+/.exec(flags)![0];
}

/** The environment variable of an option: MIS_DRY_RUN */
export function variableOf(definition: OptionDefinition): string {
  return `MIS_${flagOf(definition).slice(2).toUpperCase().replaceAll('-', '_')}`;
}

/** Adds the options of a table, with their environment variables; an empty variable counts as not set. */
export function addOptions(command: Command, table: OptionTable): Command {
  for (const definition of Object.values(table)) {
    const option = new Option(definition.flags, definition.description);
    if (definition.default !== undefined) option.default(definition.default);
    if (definition.choices !== undefined) option.choices(definition.choices);
    if (definition.repeatable !== undefined) option.argParser(gather(definition.repeatable));
    const variable = setVariable(definition) ?? variableOf(definition);
    // Commander turns a switch on whatever its variable says, and takes an empty text for a value.
    if (option.isBoolean()) command.hook('preAction', (_, called) => readSwitch(called, option, variable));
    else if (process.env[variable] !== '') option.env(variable);
    command.addOption(option);
  }
  return command;
}

function setVariable(definition: OptionDefinition): string | undefined {
  const { otherVariable } = definition;
  const variables = [variableOf(definition), ...(otherVariable === undefined ? [] : [otherVariable])];
  return variables.find((name) => (process.env[name] ?? '') !== '');
}

function readSwitch(called: Command, option: Option, variable: string): void {
  const name = option.attributeName();
  if (!called.options.includes(option) || called.getOptionValue(name) !== undefined) return;
  try {
    const isOn = parseSwitch(process.env[variable] ?? '');
    if (isOn) called.setOptionValueWithSource(name, true, 'env');
  } catch (error) {
    throw new UsageError(`${option.long} ${messageOf(error)}`);
  }
}

function gather(repeatable: 'values' | 'paths') {
  return (value: string, previous: readonly string[] | undefined): string[] => [
    ...(previous ?? []),
    ...(repeatable === 'paths' ? value.split(delimiter) : [value]),
  ];
}

/** Reads the options of a table one by one, and collects what is wrong with them. */
export class OptionReader<T extends OptionTable> {
  readonly problems: Problem[] = [];

  constructor(
    private readonly table: T,
    private readonly given: GivenOptions<T>,
  ) {}

  /** The option as it was given, else its default. */
  text(name: keyof T): string | undefined {
    const value = this.given[name] ?? this.table[name].default;
    return value === undefined ? undefined : String(value);
  }

  values(name: keyof T): readonly string[] {
    return [...((this.given[name] as readonly string[] | undefined) ?? [])];
  }

  /** What `parse` makes of the option's text ('' without one); its RangeError becomes a problem of the option. */
  read<R>(name: keyof T, parse: (text: string) => R): R {
    return this.check(flagOf(this.table[name]), () => parse(this.text(name) ?? ''));
  }

  /** As `read`, but `undefined` for an option without text. */
  optional<R>(name: keyof T, parse: (text: string) => R): R | undefined {
    return this.text(name) === undefined ? undefined : this.read(name, parse);
  }

  /** As `read`, for what concerns several options. */
  check<R>(subject: string, parse: () => R): R {
    try {
      return parse();
    } catch (error) {
      this.problems.push({ path: subject, message: messageOf(error) });
      return undefined as R;
    }
  }

  /** @throws ConfigurationError with every problem */
  finish(): void {
    if (this.problems.length > 0) throw new ConfigurationError('', this.problems);
  }
}

/** @throws RangeError with what is allowed */
export function parseSwitch(text: string): boolean {
  if (['', 'false', '0'].includes(text)) return false;
  if (['true', '1'].includes(text)) return true;
  throw new RangeError(`must be true or false, got '${text}'`);
}

/** @throws RangeError with what is allowed */
export function oneOf<T extends string>(text: string, allowed: readonly T[]): T {
  if ((allowed as readonly string[]).includes(text)) return text as T;
  throw new RangeError(`must be one of ${allowed.join(', ')}, got '${text}'`);
}
