import { DTYPES } from '../../../contracts/values/dtype';
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

  it.each([
    ['int', 'int32'],
    ['float', 'float32'],
    ['double', 'float64'],
    ['long', 'int64'],
    ['half', 'float16'],
    ['Boolean', 'bool'],
    ['byte', 'uint8'],
    ['str', 'string'],
    ['flaot32', 'float32'],
  ])('knows that other systems call dtypes otherwise: %j is %j', (name, expected) => {
    expect(nearestName(name, DTYPES)).toBe(expected);
  });

  it('means no name by itself', () => {
    expect(nearestName('clip', ['clip'])).toBeUndefined();
    expect(nearestName('clip', ['clip', 'clop'])).toBe('clop');
  });

  it('asks whether it was meant', () => {
    expect(didYouMean('scal', ['scale'])).toBe('; did you mean "scale"?');
    expect(didYouMean('other', ['scale'])).toBe('');
  });
});
