import { didYouMean, nearestName } from '../../../contracts/names/nearest-name';

describe('nearestName', () => {
  it.each([
    ['scael', 'scale'],
    ['SCALE', 'scale'],
    ['vectorlength', 'vector-length'],
    ['normalise', 'normalize'],
    ['clp', 'clip'],
    ['blur', undefined],
    ['x', undefined],
    ['', undefined],
  ])('of %j is %j', (name, expected) => {
    expect(nearestName(name, ['scale', 'vector-length', 'normalize', 'clip', 'y'])).toBe(expected);
  });

  it('asks whether it was meant', () => {
    expect(didYouMean('scal', ['scale'])).toBe('; did you mean "scale"?');
    expect(didYouMean('other', ['scale'])).toBe('');
  });
});
