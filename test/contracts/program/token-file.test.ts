import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createToken, TokenFile } from '../../../contracts/program/token-file';
import { PIPELINE_RIGHTS } from '../../../runtime/access/caller';
import { temporaryFolder } from '../../fixtures/temporary-folder';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const fileOf = (text: string): string => join(temporaryFolder({ tokens: text }), 'tokens');

const open = (file: string) => new TokenFile(file, PIPELINE_RIGHTS);

describe('a file of tokens', () => {
  it('knows hashed and plain ones, with the pipelines that each allows', () => {
    const tokens = open(
      fileOf(
        [
          '# devices',
          '',
          `camera-1  fall-detection,scratch-detection  sha256:${sha256('first-token')}`,
          ' ci * plain:a-token-in-the-clear ',
        ].join('\n'),
      ),
    );
    expect(tokens.holderOf('first-token')).toEqual({
      name: 'camera-1',
      rights: ['fall-detection', 'scratch-detection'],
    });
    expect(tokens.holderOf('a-token-in-the-clear')).toEqual({ name: 'ci', rights: ['*'] });
    expect(tokens.holderOf('another')).toBeUndefined();
    expect(tokens.holderOf(sha256('first-token'))).toBeUndefined();
  });

  it('takes the line that is made for a new token', () => {
    const { token, line } = createToken('camera-2', 'fall-detection', PIPELINE_RIGHTS);
    expect(line).not.toContain(token);
    expect(open(fileOf(line)).holderOf(token)).toEqual({
      name: 'camera-2',
      rights: ['fall-detection'],
    });
  });

  it.each([
    ['camera-1 fall-detection', 2],
    ['camera-1 fall-detection sha256:abc', 2],
    ['camera-1 Fall_Detection plain:a-token-in-the-clear', 2],
    ['camera-1 fall,,other plain:a-token-in-the-clear', 2],
    ['camera-1 * plain:short', 2],
    ['two words * plain:a-token-in-the-clear', 2],
  ])('names the line that is wrong, without the token that may be in it: %s', (line, number) => {
    const file = fileOf(`# comment\n${line}\n`);
    const read = (): unknown => open(file);
    expect(read).toThrow(`${file}:${number}: a line is a name, the pipelines`);
    expect(read).not.toThrow('a-token-in-the-clear');
  });

  it('refuses a file without tokens, and one that has a token twice', () => {
    expect(() => open(fileOf('# none yet\n'))).toThrow('has no token');
    const twice = `a * plain:a-token-in-the-clear\nb * sha256:${sha256('a-token-in-the-clear')}`;
    expect(() => open(fileOf(twice))).toThrow(":2: has the token of 'a' again");
  });

  it('keeps its tokens when the file has become wrong, and takes new ones when it is right again', () => {
    const file = fileOf('a * plain:the-first-token-of-a');
    const tokens = open(file);
    writeFileSync(file, 'nonsense');
    expect(() => tokens.reload()).toThrow(':1: a line is');
    expect(tokens.holderOf('the-first-token-of-a')?.name).toBe('a');
    writeFileSync(file, 'b * plain:the-second-token-b');
    tokens.reload();
    expect(tokens.holderOf('the-first-token-of-a')).toBeUndefined();
    expect(tokens.holderOf('the-second-token-b')?.name).toBe('b');
  });
});
