import { readFileSync } from 'node:fs';
import { type Command } from 'commander';
import { type InferenceClientOptions } from '../client';
import { parseDurationMs } from '../../contracts/values/duration';
import { SERVICES } from '../../contracts/names/services';
import { ConfigurationError, messageOf } from '../../contracts/program/problem';
import { addOptions, type OptionTable } from '../../contracts/program/options';
import { CLIENT_TLS_OPTIONS, type ClientTlsOptions } from './client-tls-options';
import { parseInputSpec } from './inference/input-spec';
import { ANSWER_FORMATS, type AnswerFormat } from './inference/answer-format';
import { type NamedText } from './inference/build-requests';
import { runInference } from './inference/run-inference';
import { type Split } from './inference/split-tensor';
import { standardOutput } from './inference/standard-output';
import { requirePaths } from '../../contracts/program/run-program';
import { UsageError } from '../../contracts/program/usage-error';

interface Given extends ClientTlsOptions {
  readonly address: string;
  readonly service: 'extended' | 'basic';
  readonly pipeline?: string;
  readonly input?: readonly string[];
  readonly text?: readonly string[];
  readonly window?: string;
  readonly stride?: string;
  readonly rows?: string;
  readonly columns?: string;
  readonly interval?: string;
  readonly timeout?: string;
  readonly format: AnswerFormat;
  readonly tokenFile?: string;
  readonly timings?: boolean;
}

/** Options of `mis infer`. */
const INFER_OPTIONS = {
  address: { flags: '--address <host:port>', description: 'the server', default: 'localhost:50051' },
  service: {
    flags: '--service <service>',
    description: 'the gRPC service',
    choices: SERVICES,
    default: 'extended',
  },
  pipeline: { flags: '--pipeline <name>', description: "the pipeline; default: the server's first" },
  input: {
    flags: '-i, --input <name=file[:dtype][:shape]>',
    description: 'an input and its file, e.g. array=window.csv:int16:9x3; may be given again',
    repeatable: 'values',
  },
  text: {
    flags: '--text <name=text>',
    description: 'a string input with this text, e.g. question="What is it?"; may be given again',
    repeatable: 'values',
  },
  window: {
    flags: '--window <length>x<width>',
    description: 'a request for each window of <length> observations of <width> values',
  },
  stride: {
    flags: '--stride <observations>',
    description: 'observations that a window moves by; default: 1',
  },
  rows: {
    flags: '--rows <count>',
    description: 'a request for each <count> rows (entries along the first axis); default: all',
  },
  columns: {
    flags: '--columns <list>',
    description: 'columns of a CSV file, by name or by number from 1, e.g. x,y,z; default: all',
  },
  interval: {
    flags: '--interval <duration>',
    description: 'time between requests, e.g. 500ms; default: as fast as they are answered',
  },
  timeout: { flags: '--timeout <duration>', description: 'longest wait for all answers, e.g. 30s' },
  format: {
    flags: '--format <format>',
    description: 'of the answers',
    choices: ANSWER_FORMATS,
    default: 'json',
  },
  tokenFile: { flags: '--token-file <file>', description: 'a bearer token for the server' },
  timings: { flags: '--timings', description: 'print, at the end, where the server spent its time' },
  ...CLIENT_TLS_OPTIONS,
} as const satisfies OptionTable;

const EXAMPLES = `
Examples:
  mis infer --input array=window.json:int16
  mis infer --input array=recording.csv:int16 --window 9x3 --format table
  mis infer --input image=photo.jpg --input threshold=threshold.npy
  mis infer --input files=/bin/ls:string --text note="a program"
  arecord -f S16_LE -d 2 -t raw | mis infer --input audio=-:int16
  mis infer requests.jsonl

Files: CSV and TSV (numbers), JSON (nested lists), NPY (numpy.save), PNG, JPEG and text (as they are, in a string tensor).
Any file with :string is sent as it is, as a tensor of shape [1] (:string:scalar for a scalar), with another dtype as its
elements (little-endian); the file - is standard input. A file of requests holds objects of inputs by name: {"array": [[1, 2], [3, 4]]}, one, a list, or one to a line.`;

/** `mis infer`: sends data to a server and prints the answers. */
export function addInferCommand(program: Command): void {
  const command = program
    .command('infer')
    .description('send data to a server and print its answers')
    .argument('[requests]', 'a file of whole requests (JSON or JSON lines); - is standard input')
    .addHelpText('after', EXAMPLES)
    .action(async (requestsFile: string | undefined, given: Given) => {
      const inputs = (given.input ?? []).map(parseInputSpec);
      const texts = (given.text ?? []).map(parseText);
      checkSource(requestsFile, given, [...inputs, ...texts]);
      const run = {
        client: clientOptions(given),
        source: {
          requestsFile,
          inputs,
          texts,
          split: toSplit(given),
          columns: given.columns?.split(','),
          asFloat32: given.service === 'basic',
        },
        format: given.format,
        timings: given.timings === true,
        intervalMs: duration('--interval', given.interval) ?? 0,
      };
      requirePaths([
        ...inputs.flatMap(({ file }) => (file === '-' ? [] : [file])),
        ...(requestsFile === undefined || requestsFile === '-' ? [] : [requestsFile]),
      ]);
      const output = standardOutput();
      try {
        await runInference(run, output);
      } catch (error) {
        if (error instanceof ConfigurationError) throw new UsageError(error.message);
        throw error;
      } finally {
        output.close();
      }
    });
  addOptions(command, INFER_OPTIONS);
}

function checkSource(
  requestsFile: string | undefined,
  given: Given,
  inputs: readonly { readonly name: string; readonly file?: string }[],
): void {
  if ((requestsFile === undefined) === (inputs.length === 0)) {
    throw new UsageError(
      "give either a file of requests or '--input' and '--text', e.g. --input array=window.csv:int16",
    );
  }
  const names = inputs.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new UsageError(`'--input' gives '${twice}' twice`);
  if (inputs.filter(({ file }) => file === '-').length > 1) {
    throw new UsageError('standard input can be the file of one input only');
  }
  const ofFiles = (['window', 'rows', 'columns'] as const).find((name) => given[name] !== undefined);
  if (requestsFile !== undefined && ofFiles !== undefined) {
    throw new UsageError(`'--${ofFiles}' goes with '--input', not with a file of requests`);
  }
  if (given.window !== undefined && given.rows !== undefined) {
    throw new UsageError("'--window' and '--rows' cannot be given together");
  }
  if (given.stride !== undefined && given.window === undefined) {
    throw new UsageError("'--stride' goes with '--window'");
  }
}

/** `question=What is it?` */
function parseText(given: string): NamedText {
  const [, name, text] = /^([^=]+)=(.*)$/s.exec(given) ?? [];
  if (name === undefined) throw new UsageError(`'--text' must be name=text, got '${given}'`);
  return { name, text };
}

function toSplit({ window, stride = '1', rows }: Given): Split | undefined {
  if (rows !== undefined) return { rows: positive('--rows', rows) };
  if (window === undefined) return undefined;
  const match = /^(\d+)x(\d+)$/.exec(window);
  if (match === null || Number(match[1]) === 0 || Number(match[2]) === 0) {
    throw new UsageError(`'--window' must be <length>x<width>, both ≥ 1, e.g. 9x3; got '${window}'`);
  }
  return { length: Number(match[1]), width: Number(match[2]), stride: positive('--stride', stride) };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1)
    throw new UsageError(`'${name}' must be an integer ≥ 1, got '${text}'`);
  return value;
}

function duration(name: string, text: string | undefined): number | undefined {
  try {
    return text === undefined ? undefined : parseDurationMs(text);
  } catch (error) {
    throw new UsageError(`'${name}' ${messageOf(error)}`);
  }
}

function clientOptions(given: Given): InferenceClientOptions {
  const timeoutMs = duration('--timeout', given.timeout);
  const pem = (file: string | undefined): string | undefined =>
    file === undefined ? undefined : readPem(file);
  const parts = { authorities: pem(given.tlsCa), certificate: pem(given.tlsCert), key: pem(given.tlsKey) };
  const tls = Object.fromEntries(
    Object.entries({ ...parts, serverName: given.tlsServerName }).filter(([, value]) => value !== undefined),
  );
  return {
    address: given.address,
    service: given.service,
    ...(given.pipeline === undefined ? {} : { pipeline: given.pipeline }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(given.tokenFile === undefined ? {} : { token: readToken(given.tokenFile) }),
    tls: Object.keys(tls).length > 0 ? tls : given.tls === true,
    // A person waits: an absent server is reported soon.
    reconnect: { initialDelayMs: 100, maxDelayMs: 1000, maxAttempts: 3 },
  };
}

/** Read for each call: a token that is mounted may be renewed meanwhile. */
function readToken(file: string): () => string {
  requirePaths([file]);
  return () => readFileSync(file, 'utf8').trim();
}

function readPem(file: string): string {
  requirePaths([file]);
  return readFileSync(file, 'utf8');
}
