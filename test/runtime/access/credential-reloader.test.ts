import { mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CredentialReloader } from '../../../runtime/access/credential-reloader';
import { eventually } from '../../fixtures/eventually';
import { recordingLog } from '../../fixtures/recording-log';
import { temporaryFolder } from '../../fixtures/temporary-folder';

/** A reloader of one file whose text must not be `bad`, with what it has taken and told. */
function watch(file: string) {
  const taken: string[] = [];
  const told: string[] = [];
  const recorded = recordingLog();
  const reload = (): void => {
    const text = readFileSync(file, 'utf8');
    if (text === 'bad') throw new Error('the file is bad');
    taken.push(text);
  };
  const reloader = new CredentialReloader(
    [{ name: 'tokens', files: [file], reload }],
    (credential, outcome) => told.push(`${credential} ${outcome}`),
    recorded.log,
  );
  reloader.start();
  return { reloader, taken, told, recorded };
}

describe('files of credentials', () => {
  it('are read again when they change, and what cannot serve is refused with a word about it', async () => {
    const file = join(temporaryFolder({ tokens: 'first' }), 'tokens');
    const { reloader, taken, told, recorded } = watch(file);
    writeFileSync(file, 'bad');
    await eventually(() => expect(told).toEqual(['tokens refused']));
    expect(recorded.of('changed credentials refused; the previous ones stay in use')).toMatchObject([
      { level: 'error', credential: 'tokens', files: [file], reason: 'the file is bad' },
    ]);
    writeFileSync(file, 'second');
    await eventually(() => expect(told).toEqual(['tokens refused', 'tokens ok']));
    expect(taken).toEqual(['second']);
    reloader.stop();
  });

  it('are followed through the swapped links of a mounted Secret', async () => {
    const folder = temporaryFolder({ '..first/tokens': 'first' });
    symlinkSync('..first', join(folder, '..data'));
    symlinkSync('..data/tokens', join(folder, 'tokens'));
    const { reloader, taken } = watch(join(folder, 'tokens'));
    mkdirSync(join(folder, '..second'));
    writeFileSync(join(folder, '..second/tokens'), 'second');
    symlinkSync('..second', join(folder, '..data_tmp'));
    renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
    await eventually(() => expect(taken).toEqual(['second']));
    reloader.stop();
  });

  it('are read at once when that is asked for, changed or not', async () => {
    const file = join(temporaryFolder({ tokens: 'first' }), 'tokens');
    const { reloader, taken } = watch(file);
    await reloader.reloadNow();
    expect(taken).toEqual(['first']);
    reloader.stop();
  });
});
