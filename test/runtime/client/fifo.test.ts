import fc from '../../fixtures/fast-check';
import { Fifo } from '../../../runtime/client/fifo';

describe('Fifo', () => {
  it('gives items back in their order, however pushes, shifts and prepends follow each other', () => {
    const operation = fc.oneof(
      fc.record({ push: fc.integer({ min: 1, max: 3000 }) }),
      fc.record({ shift: fc.integer({ min: 1, max: 3000 }) }),
      fc.record({ prepend: fc.integer({ min: 0, max: 5 }) }),
    );
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 12 }), (operations) => {
        const fifo = new Fifo<number>();
        let model: number[] = [];
        let next = 0;
        for (const step of operations) {
          if ('push' in step) {
            for (let index = 0; index < step.push; index++) {
              model.push(next);
              fifo.push(next++);
            }
          } else if ('shift' in step) {
            const taken = Array.from({ length: step.shift }, () => fifo.shift());
            expect(taken.filter((item) => item !== undefined)).toEqual(model.splice(0, step.shift));
          } else {
            const items = Array.from({ length: step.prepend }, () => next++);
            fifo.prepend(items);
            model = [...items, ...model];
          }
          expect(fifo.length).toBe(model.length);
        }
        expect(fifo.drain()).toEqual(model);
        expect(fifo.shift()).toBeUndefined();
      }),
      { numRuns: 50 },
    );
  });
});
