import { getEventListeners } from 'node:events';
import { AbortWatches } from '../../../runtime/inferencer/abort-watch';

const listeners = (signal: AbortSignal) => getEventListeners(signal, 'abort').length;

it('listens once to a signal, however many requests have it', () => {
  const watches = new AbortWatches(() => undefined);
  const { signal } = new AbortController();
  const watch = watches.enter(signal);
  expect(watches.enter(signal)).toBe(watch);
  expect(listeners(signal)).toBe(1);
  watches.leave(watch);
  watches.leave(watch);
  expect(listeners(signal)).toBe(1);
  watches.close();
  expect(listeners(signal)).toBe(0);
});

it('does not hold on to the signals of more streams than a few without a waiting request', () => {
  const watches = new AbortWatches(() => undefined);
  const signals = Array.from({ length: 500 }, () => new AbortController().signal);
  for (const signal of signals) watches.leave(watches.enter(signal));
  expect(signals.filter((signal) => listeners(signal) > 0).length).toBeLessThanOrEqual(64);
});

it('tells of an abort once, and then forgets the signal', () => {
  const aborted: AbortSignal[] = [];
  const watches = new AbortWatches((signal) => aborted.push(signal));
  const controller = new AbortController();
  watches.enter(controller.signal);
  controller.abort();
  expect(aborted).toEqual([controller.signal]);
  expect(listeners(controller.signal)).toBe(0);
});
