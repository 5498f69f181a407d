/** The position of one stream in one queue. A stream needs one for each queue that its items go through. */
export class FairShare {
  /** The queue that `tag` belongs to; in another queue the stream starts from that queue's present. */
  queue: unknown = undefined;
  /** Earliest tag of the stream's next item. */
  tag = 0;
}

/** An item that waits in a queue. It is its own link, so it waits in one queue at a time. */
export interface QueueItem<Item> {
  previous: Item | undefined;
  next: Item | undefined;
  /** Items leave in ascending order of their tags. */
  tag: number;
}

/**
 * A queue that is fair between streams: one that brings a thousand items at once does not keep one that brings a single
 * item waiting for all of them. Items of one stream keep their order. (Start-time fair queueing: an item's tag is what its
 * stream has been given so far, or what the queue has reached if that is more, so that no stream saves up its share.)
 * @see Goyal, Vin, Cheng: Start-time Fair Queueing, SIGCOMM 1996
 */
export class FairQueue<Item extends QueueItem<Item>> {
  first: Item | undefined;
  private last: Item | undefined;
  /** Tag of the item that was served last. */
  private now = 0;

  /**
   * @param share the position of the item's stream; an item without one comes next, behind others without one
   * @param cost how much of its stream's share the item takes, over zero
   */
  insert(item: Item, share: FairShare | undefined, cost: number): void {
    let tag = this.now;
    if (share !== undefined) {
      if (share.queue === this && share.tag > tag) ({ tag } = share);
      share.queue = this;
      share.tag = tag + cost;
    }
    item.tag = tag;
    // From the end: items of streams that keep pace with each other belong there.
    let before = this.last;
    while (before !== undefined && before.tag > tag) before = before.previous;
    this.link(item, before);
  }

  /** Takes an item out to be served: the queue has reached its tag. */
  serve(item: Item): void {
    if (item.tag > this.now) this.now = item.tag;
    this.remove(item);
  }

  /** Takes an item out that is cancelled. */
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
