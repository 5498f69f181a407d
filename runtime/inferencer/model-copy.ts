import { createHash } from 'node:crypto';
import { createReadStream, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { constants, copyFile, mkdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, isAbsolute, join, normalize } from 'node:path';
import { ConfigurationError, messageOf } from '../../contracts/program/problem';

const PREFIX = 'mis-serving-';

/** Errors of a temporary folder that is full or cannot be written, as in a container with a small or read-only one. */
const NO_ROOM = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EFBIG']);

/** Folder of the copies of this process; made with the first one. */
let folder: string | undefined;

/**
 * The files of a model as they were when it was loaded. Engines map weights into memory and read files again for new workers:
 * a file that is written over would change, or end, what serves.
 */
export class ModelCopy {
  private constructor(
    private readonly modelFile: string,
    /** The copy of the model file. */
    readonly file: string,
    /** SHA-256 of all files, in hexadecimal; '' when there is no copy. */
    readonly digest: string,
    /** Size of the model file. */
    readonly bytes: number,
    private readonly directory: string | undefined,
    /** Why the model is served from its own files; undefined for a copy. */
    readonly uncopied?: string,
  ) {}

  /**
   * Where the temporary folder has no room, or cannot be written, the model is served from its own files.
   * @param files the other files of the model, relative to its folder
   * @throws ConfigurationError when a file cannot be read, or changes while it is copied.
   */
  static async make(modelFile: string, files: readonly string[]): Promise<ModelCopy> {
    const found = await stat(modelFile).catch(() => undefined);
    // The engine has the better words for a file that is missing, empty or none.
    if (found?.isFile() !== true || found.size === 0)
      return new ModelCopy(modelFile, modelFile, '', 0, undefined);
    const home = dirname(modelFile);
    const inside = files.filter((file) => !isAbsolute(file) && !normalize(file).startsWith('..'));
    const names = [basename(modelFile), ...inside];
    let directory = '';
    try {
      directory = mkdtempSync(join(openFolder(), 'model-'));
      const before = await statesOf(home, names);
      for (const name of names) {
        await mkdir(dirname(join(directory, name)), { recursive: true });
        await copyFile(join(home, name), join(directory, name), constants.COPYFILE_FICLONE);
      }
      if ((await statesOf(home, names)) !== before) throw new Error('it changed while it was read');
      const digest = await digestOf(directory, names);
      return new ModelCopy(modelFile, join(directory, names[0]), digest, found.size, directory);
    } catch (error) {
      if (directory !== '') await rm(directory, { recursive: true, force: true });
      const { code = '' } = error as NodeJS.ErrnoException;
      if (NO_ROOM.has(code)) {
        const reason = messageOf(error);
        return new ModelCopy(
          modelFile,
          modelFile,
          await digestOf(home, names),
          found.size,
          undefined,
          reason,
        );
      }
      throw new ConfigurationError(modelFile, [
        { path: '', message: `the model cannot be copied: ${messageOf(error)}` },
      ]);
    }
  }

  /** The error with the name of the model's own file instead of the copy's. */
  named(error: unknown): unknown {
    if (!(error instanceof ConfigurationError)) return error;
    const replace = (text: string): string => text.replaceAll(dirname(this.file), dirname(this.modelFile));
    const problems = error.problems.map(({ path, message }) => ({ path, message: replace(message) }));
    return new ConfigurationError(replace(error.source), problems);
  }

  async remove(): Promise<void> {
    if (this.directory !== undefined) await rm(this.directory, { recursive: true, force: true });
  }
}

/** Sizes and times of the files, to compare. */
async function statesOf(home: string, names: readonly string[]): Promise<string> {
  const states = await Promise.all(names.map((name) => stat(join(home, name), { bigint: true })));
  return states.map(({ ino, size, mtimeNs }) => `${ino} ${size} ${mtimeNs}`).join();
}

async function digestOf(directory: string, names: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const name of names) {
    for await (const chunk of createReadStream(join(directory, name))) hash.update(chunk as Buffer);
  }
  return hash.digest('hex');
}

function openFolder(): string {
  if (folder !== undefined) return folder;
  removeLeftOvers();
  const made = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
  process.on('exit', () => rmSync(made, { recursive: true, force: true }));
  return (folder = made);
}

/** Copies of processes that were killed. */
function removeLeftOvers(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = name.startsWith(PREFIX) ? Number.parseInt(name.slice(PREFIX.length), 10) : NaN;
    if (Number.isNaN(pid) || isAlive(pid)) continue;
    rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
