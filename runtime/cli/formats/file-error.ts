/** Thrown when a file is not what its name says. The message begins with the file, and the line where there are lines. */
export class FileError extends Error {
  override readonly name = 'FileError';

  constructor(file: string, reason: string) {
    super(`${file}: ${reason}`);
  }
}
