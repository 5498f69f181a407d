import { FairQueue, FairShare, type QueueItem } from '../../../runtime/scheduling/fair-queue';

class Item implements QueueItem<Item> {
  previous: Item | undefined;
  next: Item | undefined;
  tag = 0;

  constructor(readonly name: string) {}
}

let queue: FairQueue<Item>;
beforeEach(() => (queue = new FairQueue()));

function insert(share: FairShare | undefined, names: string, cost = 1): Item[] {
  return [...names].map((name) => {
    const item = new Item(name);
    queue.insert(item, share, cost);
    return item;
  });
}

function serve(count = Infinity): string {
  let served = '';
  for (let left = count; left > 0 && queue.first !== undefined; left -= 1) {
    const item = queue.first;
    queue.serve(item);
    served += item.name;
  }
  return served;
}

describe('FairQueue', () => {
  it('keeps the order of items without a stream, and of items of one stream', () => {
    insert(undefined, 'abc');
    expect(serve()).toBe('abc');
    insert(new FairShare(), 'def');
    expect(serve()).toBe('def');
  });

  it('serves streams in turn, however much one of them brought first', () => {
    insert(new FairShare(), 'aaaaaa');
    insert(new FairShare(), 'bb');
    expect(serve()).toBe('ababaaaa');
  });

  it('serves a stream that comes late next, behind what a flood has been given', () => {
    const flood = new FairShare();
    insert(flood, 'aaaaaaaa');
    expect(serve(4)).toBe('aaaa');
    insert(new FairShare(), 'b');
    insert(flood, 'a');
    expect(serve()).toBe('baaaaa');
  });

  it('does not let a stream save up its share while it sends nothing', () => {
    const [early, late] = [new FairShare(), new FairShare()];
    insert(early, 'a');
    insert(late, 'bbbbbbbb');
    serve();
    insert(early, 'aaaa');
    insert(late, 'bbbb');
    // Eight of the nine items served were late's; from here on both have equal shares.
    expect(serve(4)).toMatch(/^(ab|ba|aab)/);
  });

  it('weighs items by their cost', () => {
    insert(new FairShare(), 'AA', 3);
    insert(new FairShare(), 'bbbbbb');
    expect(serve()).toBe('AbbbAbbb');
  });

  it('serves all streams equally in the long run', () => {
    const streams = Array.from({ length: 5 }, () => new FairShare());
    for (const [index, share] of streams.entries()) insert(share, String(index).repeat(200));
    const served = serve(500);
    for (const index of streams.keys()) expect(served.split(String(index)).length - 1).toBe(100);
  });

  it('removes items from any position', () => {
    const [a, , c, , e] = insert(undefined, 'abcde');
    for (const item of [a, c, e]) queue.remove(item);
    expect(serve()).toBe('bd');
    expect(queue.first).toBeUndefined();
  });

  it('treats a stream that comes from another queue as new', () => {
    const share = new FairShare();
    insert(share, 'aaaaaaaa');
    serve();
    queue = new FairQueue();
    insert(new FairShare(), 'bbb');
    insert(share, 'aaa');
    expect(serve()).toBe('bababa');
  });
});
