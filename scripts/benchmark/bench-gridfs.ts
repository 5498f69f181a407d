import { type ServerProcess } from '../server-process';
export function benchGridFs(_file: string, _folder: string, _program: readonly string[]): Promise<void> {
  void (0 as unknown as ServerProcess);
  return Promise.resolve();
}
