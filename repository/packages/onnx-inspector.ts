import { fork, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { RepositoryError } from '../errors';
import { type ModelFormats } from '../../contracts/repository/listed-package';
import { refuse } from './refusal';

/** Asked of the process. */
export interface OnnxQuestion {
  readonly id: number;
  readonly path: string;
}

/** What it answers. */
export type OnnxAnswer =
  { readonly id: number; readonly formats: ModelFormats } | { readonly id: number; readonly refused: string };

export interface OnnxInspectorOptions {
  /** Milliseconds that one model may take to open; default 60000. */
  readonly timeoutMs?: number;
  /** Milliseconds after which an idle process ends; default 10000. */
  readonly idleMs?: number;
  /** Options of Node for the process; default: those of this one. */
  readonly execArgv?: readonly string[];
}

/**
 * Opens models with ONNX Runtime in a child process, so that a hostile file or a large one harms that process and not the
 * service. One model at a time; the process starts when it is needed and ends when it has been idle.
 */
export class OnnxInspector {
  private process: ChildProcess | undefined;
  private last: Promise<unknown> = Promise.resolve();
  private idle: NodeJS.Timeout | undefined;
  private nextId = 1;

  constructor(private readonly options: OnnxInspectorOptions = {}) {}

  /** Formats of the model's inputs and outputs. @throws PACKAGE_REFUSED when it is no model that can be run. */
  formats(path: string): Promise<ModelFormats> {
    const answer = this.last.then(() => this.ask(path));
    this.last = answer.catch(() => undefined);
    return answer;
  }

  /** Ends the process; a model that is being opened is given up. */
  close(): void {
    clearTimeout(this.idle);
    this.process?.kill('SIGKILL');
    this.process = undefined;
  }

  private async ask(path: string): Promise<ModelFormats> {
    clearTimeout(this.idle);
    const process = (this.process ??= this.start());
    const id = this.nextId++;
    const answer = await this.exchange(process, { id, path });
    this.idle = setTimeout(() => this.close(), this.options.idleMs ?? 10_000).unref();
    if ('formats' in answer) return answer.formats;
    return refuse(`is no ONNX model that can be opened: ${answer.refused}`);
  }

  private start(): ChildProcess {
    const child = fork(entryFile(), {
      execArgv: [...(this.options.execArgv ?? process.execArgv)],
      // The engine would report its use to its maker.
      env: { ORT_DISABLE_TELEMETRY: '1', ...process.env },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
    });
    child.once('exit', () => {
      if (this.process === child) this.process = undefined;
    });
    return child;
  }

  private exchange(process: ChildProcess, question: OnnxQuestion): Promise<OnnxAnswer> {
    const timeoutMs = this.options.timeoutMs ?? 60_000;
    return new Promise<OnnxAnswer>((resolve, reject) => {
      const settle = (result: () => void) => {
        clearTimeout(timer);
        process.off('message', onMessage).off('exit', onExit).off('error', onError);
        result();
      };
      const onMessage = (message: unknown) => settle(() => resolve(message as OnnxAnswer));
      const onExit = () =>
        settle(() => resolve({ id: question.id, refused: 'opening it ended the process that tried' }));
      const onError = (cause: Error) =>
        settle(() => reject(new RepositoryError('INTERNAL', 'models cannot be opened here', { cause })));
      const timer = setTimeout(() => {
        process.kill('SIGKILL');
        settle(() => resolve({ id: question.id, refused: `it was not open after ${timeoutMs} ms` }));
      }, timeoutMs);
      process.on('message', onMessage).on('exit', onExit).on('error', onError);
      process.send(question);
    });
  }
}

/** The module that the process starts with: compiled, or the source where its reader was given in `execArgv`. */
function entryFile(): string {
  const compiled = join(__dirname, 'onnx-inspector-process.js');
  return existsSync(compiled) ? compiled : compiled.replace(/\.js$/, '.ts');
}
