import fc from '../../fixtures/fast-check';
import { DTYPES } from '../../../contracts/values/dtype';
import { type Tensor } from '../../../runtime/tensor/tensor';
import { counting, elementAt, elementsOf, placesOf } from '../../fixtures/numbers';
import { flowOf, format, writtenStep } from './run-step';

const formats = (a: Parameters<typeof format>[0], b: Parameters<typeof format>[0]) =>
  new Map([
    ['a', format(a)],
    ['b', format(b)],
  ]);

describe('concat', () => {
  it('puts every element where the definition says, for any dtype and axis', () => {
    const size = fc.integer({ min: 0, max: 3 });
    const cases = fc.tuple(
      fc.array(size, { minLength: 1, maxLength: 3 }),
      fc.nat(),
      fc.array(size, { minLength: 1, maxLength: 3 }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...DTYPES), cases, (dtype, [shape, pick, sizes]) => {
        const axis = pick % shape.length;
        const parts = [shape, ...sizes.map((each) => shape.with(axis, each))].map((each) =>
          counting(dtype, each),
        );
        const names = ['a', ...sizes.map((_, i) => `b${i}`)];
        const flow = flowOf(Object.fromEntries(names.map((name, i) => [name, parts[i]])));
        const result = writtenStep({ use: 'concat', with: names.slice(1), axis }).apply(flow);
        expect([...result.keys()]).toEqual(['a']);
        const joined = result.get('a') as Tensor;
        const expected = placesOf(joined.shape).map((place) => {
          let at = place[axis];
          for (const part of parts) {
            if (at < part.shape[axis]) return elementAt(part, place.with(axis, at));
            at -= part.shape[axis];
          }
          throw new Error('beyond all parts');
        });
        expect(elementsOf(joined)).toEqual(expected);
      }),
    );
  });

  it('adds up sizes that are not known', () => {
    const flow = formats({ dtype: 'int8', shape: ['n', 3] }, { dtype: 'int8', shape: [2, 'm'] });
    expect(
      writtenStep({ use: 'concat', with: ['b'] })
        .format(flow)
        .get('a'),
    ).toMatchObject({ shape: ['n+2', 3] });
  });

  it('keeps the value that it worked on under its name when the result has another', () => {
    const flow = flowOf({ a: counting('int8', [1]), b: counting('int8', [2]) });
    const result = writtenStep({ use: 'concat', with: ['b'], as: 'c' }).apply(flow);
    expect([...result.keys()]).toEqual(['a', 'c']);
  });

  it('refuses other dtypes, other shapes, unknown values and the value itself', () => {
    const step = writtenStep({ use: 'concat', with: ['b'] });
    expect(() => step.format(formats({ dtype: 'int8', shape: [1] }, { dtype: 'int16', shape: [1] }))).toThrow(
      'joins values of one dtype, got int8 and int16; cast them first',
    );
    expect(() =>
      step.format(formats({ dtype: 'int8', shape: [1, 2] }, { dtype: 'int8', shape: [1, 3] })),
    ).toThrow('joins values of one shape but for axis 0, got [1, 2] and [1, 3]');
    expect(() => step.apply(flowOf({ a: counting('int8', [1, 2]), b: counting('int8', [2]) }))).toThrow(
      'joins values of one shape but for axis 0, got [1, 2] and [2]',
    );
    expect(() => step.format(new Map([['a', format({ shape: [1] })]]))).toThrow(
      'there is no value "b"; there are: a',
    );
    expect(() =>
      writtenStep({ use: 'concat', with: ['a'] }).format(formats({ shape: [1] }, { shape: [1] })),
    ).toThrow('cannot join "a" with itself');
  });
});
