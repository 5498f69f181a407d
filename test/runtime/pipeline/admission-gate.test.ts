import { AdmissionGate, GateEntry, type AdmissionLimits } from '../../../runtime/pipeline/admission-gate';
import { type Priority } from '../../../runtime/scheduling/priority';
import { ManualClock } from '../../fixtures/manual-clock';

let clock: ManualClock;
let gate: AdmissionGate;
/** What happened: names of those let in, with `!` of those refused, with `?` of those that may be read again. */
let told: string[];
let waits: [number, Priority][];

function open(limits: Partial<AdmissionLimits> = {}): void {
  clock = new ManualClock();
  told = [];
  waits = [];
  const observer = { waited: (seconds: number, priority: Priority) => void waits.push([seconds, priority]) };
  gate = new AdmissionGate({ maxRequests: 2, maxBytes: 100, maxWaitMs: 1000, ...limits }, observer, clock);
}

function place(name: string, priority: Priority = 'normal'): GateEntry {
  return new GateEntry(
    priority,
    () => void told.push(name),
    (error) => void told.push(`${name}!${error.code}`),
    () => void told.push(`${name}?`),
  );
}

/** Has messages of so many bytes arrive, each of a stream of its own, and says what came of each. */
function arrive(...bytes: number[]): string[] {
  return bytes.map((size, index) => verdict(gate.arrive(place(`other${index}`), size)));
}

function verdict(of: ReturnType<AdmissionGate['arrive']>): string {
  return typeof of === 'string' ? of : `${of.code}: ${of.message}`;
}

describe('AdmissionGate', () => {
  beforeEach(() => open());

  it('lets in below both limits, and has others wait at either', () => {
    expect(arrive(10, 10, 10)).toEqual(['admitted', 'admitted', 'waiting']);
    open();
    expect(arrive(100, 1)).toEqual(['admitted', 'waiting']);
  });

  it('lets a message in that alone is larger than the byte limit', () => {
    expect(arrive(1000, 1)).toEqual(['admitted', 'waiting']);
    gate.release(1000);
    expect(told).toEqual(['other1']);
  });

  it('lets in who waits when there is room, in turns, and says how long they waited', () => {
    arrive(1, 1);
    const [a, b] = [place('a'), place('b')];
    gate.arrive(a, 1);
    clock.advance(300);
    gate.arrive(b, 1);
    expect(gate.waiting('normal')).toBe(2);
    clock.advance(200);
    gate.release(1);
    expect(told).toEqual(['a']);
    gate.arrive(a, 1);
    gate.release(1);
    gate.release(1);
    expect(told).toEqual(['a', 'b', 'a']);
    expect(waits).toEqual([
      [0.5, 'normal'],
      [0.2, 'normal'],
      [0, 'normal'],
    ]);
  });

  it('has whoever comes wait behind those that do, even when there is room', () => {
    arrive(100);
    gate.arrive(place('waits'), 1);
    gate.limit({ maxRequests: 1, maxBytes: 100, maxWaitMs: 1000 });
    expect(arrive(1)).toEqual(['waiting']);
    gate.release(100);
    expect(told).toEqual(['waits']);
  });

  it('lets in who waits as soon as a limit is raised', () => {
    arrive(1, 1, 1, 1);
    gate.limit({ maxRequests: 3, maxBytes: 100, maxWaitMs: 1000 });
    expect(told).toEqual(['other2']);
  });

  it('charges a large message for its size', () => {
    open({ maxBytes: 1 << 30 });
    arrive(1, 1);
    const [large, small] = [place('large'), place('small')];
    const order: string[] = [];
    for (let round = 0; round < 6; round += 1) {
      for (const each of [large, small]) if (!each.waiting) gate.arrive(each, each === large ? 65_536 : 10);
      gate.release(1);
      order.push(told.at(-1)!);
    }
    expect(order.filter((name) => name === 'large')).toHaveLength(2);
  });

  it('lets high in before normal, but normal after seven of them', () => {
    arrive(1, 1);
    const normal = place('n');
    gate.arrive(normal, 1);
    for (let turn = 0; turn < 10; turn += 1) gate.arrive(place('h', 'high'), 1);
    expect([gate.waiting('high'), gate.waiting('normal')]).toEqual([10, 1]);
    for (let turn = 0; turn < 11; turn += 1) gate.release(1);
    expect(told.join('')).toBe('hhhhhhhnhhh');
  });

  it('refuses who waited for as long as it may, each at its own time', () => {
    arrive(1, 1);
    gate.arrive(place('a'), 1);
    clock.advance(600);
    gate.arrive(place('b'), 1);
    clock.advance(399);
    expect(told).toEqual([]);
    clock.advance(1);
    expect(told).toEqual(['a!WAIT_EXCEEDED']);
    clock.advance(599);
    expect(told).toHaveLength(1);
    clock.advance(1);
    expect(told).toEqual(['a!WAIT_EXCEEDED', 'b!WAIT_EXCEEDED']);
    expect([gate.waiting('normal'), clock.armed]).toEqual([0, 0]);
  });

  it('keeps the time of the next in line when who was refused sends again', () => {
    arrive(1, 1);
    const again = new GateEntry('normal', jest.fn(), () => void gate.arrive(again, 1), jest.fn());
    gate.arrive(again, 1);
    clock.advance(500);
    gate.arrive(place('b'), 1);
    clock.advance(1000);
    expect(told).toEqual(['b!WAIT_EXCEEDED']);
  });

  it('refuses at once where nothing may wait', () => {
    open({ maxWaitMs: 0 });
    expect(arrive(1, 1, 1)).toEqual([
      'admitted',
      'admitted',
      'QUEUE_FULL: the pipeline is full (at most 2 requests and 100 bytes in flight), and waiting is off',
    ]);
  });

  it('bounds the bytes that wait: streams are not read beyond, and what comes all the same is refused', () => {
    arrive(1, 1);
    const reader = place('reader');
    expect(gate.mayRead(reader)).toBe(true);
    const large = place('large');
    expect(verdict(gate.arrive(large, 500))).toBe('waiting');
    expect(gate.mayRead(reader)).toBe(false);
    expect(arrive(7)).toEqual([
      'QUEUE_FULL: the pipeline is full: 500 bytes of requests wait, and 7 more exceed the limit of 100',
    ]);
    gate.release(1);
    expect(told).toEqual(['reader?', 'large']);
  });

  it('forgets a stream that has ended', () => {
    arrive(1, 1);
    const [gone, stays, unread] = [place('gone'), place('stays'), place('unread')];
    gate.arrive(gone, 100);
    expect(gate.mayRead(unread)).toBe(false);
    gate.leave(unread);
    gate.leave(gone);
    gate.arrive(stays, 1);
    gate.release(1);
    expect(told).toEqual(['stays']);
    clock.advance(5000);
    expect([told.length, clock.armed]).toEqual([1, 0]);
  });
});
