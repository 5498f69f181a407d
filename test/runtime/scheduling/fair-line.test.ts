import { FairLine, FlowTurn, type LineItem } from '../../../runtime/scheduling/fair-line';

class Item implements LineItem<Item> {
  previous: Item | undefined;
  next: Item | undefined;
  tag = 0;

  constructor(readonly name: string) {}
}

let line: FairLine<Item>;
beforeEach(() => (line = new FairLine()));

function bring(turn: FlowTurn | undefined, names: string, cost = 1): Item[] {
  return [...names].map((name) => {
    const item = new Item(name);
    line.insert(item, turn, cost);
    return item;
  });
}

function serve(count = Infinity): string {
  let served = '';
  for (let left = count; left > 0 && line.first !== undefined; left -= 1) {
    const item = line.first;
    line.serve(item);
    served += item.name;
  }
  return served;
}

describe('FairLine', () => {
  it('keeps the order of what comes without a flow, and of what one flow brings', () => {
    bring(undefined, 'abc');
    expect(serve()).toBe('abc');
    bring(new FlowTurn(), 'def');
    expect(serve()).toBe('def');
  });

  it('has flows take turns, however much one of them brought first', () => {
    bring(new FlowTurn(), 'aaaaaa');
    bring(new FlowTurn(), 'bb');
    expect(serve()).toBe('ababaaaa');
  });

  it('lets one that comes late in next, behind what waits for its first turn', () => {
    const flood = new FlowTurn();
    bring(flood, 'aaaaaaaa');
    expect(serve(4)).toBe('aaaa');
    bring(new FlowTurn(), 'b');
    bring(flood, 'a');
    expect(serve()).toBe('baaaaa');
  });

  it('gives nobody turns that were saved up while nothing was sent', () => {
    const [early, late] = [new FlowTurn(), new FlowTurn()];
    bring(early, 'a');
    bring(late, 'bbbbbbbb');
    serve();
    bring(early, 'aaaa');
    bring(late, 'bbbb');
    // Nine items have been served to the two, eight of them to late: from here on they are equals again.
    expect(serve(4)).toMatch(/^(ab|ba|aab)/);
  });

  it('weighs what an item costs', () => {
    bring(new FlowTurn(), 'AA', 3);
    bring(new FlowTurn(), 'bbbbbb');
    expect(serve()).toBe('AbbbAbbb');
  });

  it('shares evenly whatever is brought, in the long run', () => {
    const flows = Array.from({ length: 5 }, () => new FlowTurn());
    for (const [index, turn] of flows.entries()) bring(turn, String(index).repeat(200));
    const served = serve(500);
    for (const index of flows.keys()) expect(served.split(String(index)).length - 1).toBe(100);
  });

  it('forgets what is taken out, wherever it stands', () => {
    const [a, , c, , e] = bring(undefined, 'abcde');
    for (const item of [a, c, e]) line.remove(item);
    expect(serve()).toBe('bd');
    expect(line.first).toBeUndefined();
  });

  it('treats a flow that comes from another line as new', () => {
    const turn = new FlowTurn();
    bring(turn, 'aaaaaaaa');
    serve();
    line = new FairLine();
    bring(new FlowTurn(), 'bbb');
    bring(turn, 'aaa');
    expect(serve()).toBe('bababa');
  });
});
