import { cutText, quoteName } from '../../../runtime/tensor/quote-name';

describe('quoteName', () => {
  it('quotes a name of usual length whole', () => {
    expect(quoteName('array')).toBe("'array'");
  });

  it('cuts a long name and tells its length', () => {
    expect(quoteName('x'.repeat(101))).toBe(`'${'x'.repeat(100)}…' (101 characters)`);
  });
});

describe('cutText', () => {
  it('never leaves half a surrogate pair', () => {
    expect(cutText('ab😀', 3)).toBe('ab…');
    expect(cutText('ab😀', 4)).toBe('ab😀');
  });
});
