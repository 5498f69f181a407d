/** Where one flow (a stream) stands in one line. Each line that a flow goes through needs its own. */
export class FlowTurn {
  /** The line that `tag` is of; a flow that comes to another line starts afresh there. */
  line: unknown = undefined;
  /** From where on the flow's next item stands in line. */
  tag = 0;
}

/** What waits in a line. It is its own link, and waits in one line at a time. */
export interface LineItem<Item> {
  previous: Item | undefined;
  next: Item | undefined;
  /** Its place: items leave in ascending order. */
  tag: number;
}

/**
 * A line in which flows take turns: one that brings a thousand items at once does not keep one that brings a single item
 * waiting for all of them. Items of one flow keep their order. (Start-time fair queueing: an item is tagged with what its
 * flow has been given so far, or with what the line is at now if that is more, so that nobody saves turns up.)
 * @see Goyal, Vin, Cheng: Start-time Fair Queueing, SIGCOMM 1996
 */
export class FairLine<Item extends LineItem<Item>> {
  first: Item | undefined;
  private last: Item | undefined;
  /** Tag of the item that left last. */
  private now = 0;

  /**
   * @param turn the item's flow; an item of none comes next, behind others like it
   * @param cost what it takes of the flow's share, over zero
   */
  insert(item: Item, turn: FlowTurn | undefined, cost: number): void {
    let tag = this.now;
    if (turn !== undefined) {
      if (turn.line === this && turn.tag > tag) ({ tag } = turn);
      turn.line = this;
      turn.tag = tag + cost;
    }
    item.tag = tag;
    // From the end: flows that keep pace with each other find their place there.
    let before = this.last;
    while (before !== undefined && before.tag > tag) before = before.previous;
    this.link(item, before);
  }

  /** Takes an item out that is served: the line has got that far. */
  serve(item: Item): void {
    if (item.tag > this.now) this.now = item.tag;
    this.remove(item);
  }

  /** Takes an item out that gives up. */
  remove(item: Item): void {
    const { previous, next } = item;
    if (previous === undefined) this.first = next;
    else previous.next = next;
    if (next === undefined) this.last = previous;
    else next.previous = previous;
    item.previous = undefined;
    item.next = undefined;
  }

  private link(item: Item, before: Item | undefined): void {
    const after = before === undefined ? this.first : before.next;
    item.previous = before;
    item.next = after;
    if (before === undefined) this.first = item;
    else before.next = item;
    if (after === undefined) this.last = item;
    else after.previous = item;
  }
}
