import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createToken, TokenFile } from '../../../runtime/access/token-file';
import { temporaryFolder } from '../../fixtures/temporary-folder';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const fileOf = (text: string): string => join(temporaryFolder({ tokens: text }), 'tokens');

describe('a file of tokens', () => {
  it('knows hashed and plain ones, with the pipelines that each allows', () => {
    const tokens = new TokenFile(
      fileOf(
        [
          '# devices',
          '',
          `camera-1  fall-detection,scratch-detection  sha256:${sha256('first-token')}`,
          ' ci * plain:a-token-in-the-clear ',
        ].join('\n'),
      ),
    );
    expect(tokens.callerOf('first-token')).toEqual({
      name: 'camera-1',
      pipelines: ['fall-detection', 'scratch-detection'],
    });
    expect(tokens.callerOf('a-token-in-the-clear')).toEqual({ name: 'ci', pipelines: ['*'] });
    expect(tokens.callerOf('another')).toBeUndefined();
    expect(tokens.callerOf(sha256('first-token'))).toBeUndefined();
  });

  it('takes the line that is made for a new token', () => {
    const { token, line } = createToken('camera-2', ['fall-detection']);
    expect(line).not.toContain(token);
    expect(new TokenFile(fileOf(line)).callerOf(token)).toEqual({
      name: 'camera-2',
      pipelines: ['fall-detection'],
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
    const open = (): unknown => new TokenFile(file);
    expect(open).toThrow(`${file}:${number}: a line is a name, the pipelines`);
    expect(open).not.toThrow('a-token-in-the-clear');
  });

  it('refuses a file without tokens, and one that has a token twice', () => {
    expect(() => new TokenFile(fileOf('# none yet\n'))).toThrow('has no token');
    const twice = `a * plain:a-token-in-the-clear\nb * sha256:${sha256('a-token-in-the-clear')}`;
    expect(() => new TokenFile(fileOf(twice))).toThrow(":2: has the token of 'a' again");
  });

  it('keeps its tokens when the file has become wrong, and takes new ones when it is right again', () => {
    const file = fileOf('a * plain:the-first-token-of-a');
    const tokens = new TokenFile(file);
    writeFileSync(file, 'nonsense');
    expect(() => tokens.reload()).toThrow(':1: a line is');
    expect(tokens.callerOf('the-first-token-of-a')?.name).toBe('a');
    writeFileSync(file, 'b * plain:the-second-token-b');
    tokens.reload();
    expect(tokens.callerOf('the-first-token-of-a')).toBeUndefined();
    expect(tokens.callerOf('the-second-token-b')?.name).toBe('b');
  });
});
