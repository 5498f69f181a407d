import { Allowance } from '../../../../runtime/grpc/connections/allowance';
import { PingPolicy } from '../../../../runtime/grpc/connections/ping-policy';
import { ManualClock } from '../../../fixtures/manual-clock';

const ACKNOWLEDGED_PING = 17;
const ACKNOWLEDGED_SETTINGS = 9;

describe('Allowance', () => {
  it('gives a burst, then so many a second, and saves up no more than a burst', () => {
    const clock = new ManualClock();
    const allowance = new Allowance(3, 2, clock);
    const take = (): boolean[] => Array.from({ length: 4 }, () => allowance.take());
    expect(take()).toEqual([true, true, true, false]);
    clock.advance(499);
    expect(allowance.take()).toBe(false);
    clock.advance(1);
    expect(allowance.take()).toBe(true);
    clock.advance(60_000);
    expect(take()).toEqual([true, true, true, false]);
  });
});

describe('PingPolicy', () => {
  let clock: ManualClock;
  let policy: PingPolicy;
  beforeEach(() => {
    clock = new ManualClock();
    policy = new PingPolicy(5000, clock);
  });

  it('allows one ping an interval for ever', () => {
    let written = 100;
    for (let ping = 0; ping < 100; ping += 1) {
      expect(policy.allows((written += ACKNOWLEDGED_PING))).toBe(true);
      clock.advance(5000);
    }
  });

  it('allows a few early ones, and no more', () => {
    let written = 100;
    const allowed = Array.from({ length: 20 }, () => policy.allows((written += ACKNOWLEDGED_PING)));
    // The first came after the server's own SETTINGS had been sent.
    expect(allowed).toEqual([...Array<boolean>(11).fill(true), ...Array<boolean>(9).fill(false)]);
  });

  it('does not count a ping that follows something that was sent to the client', () => {
    let written = 0;
    for (let ping = 0; ping < 1000; ping += 1)
      expect(policy.allows((written += ACKNOWLEDGED_PING + 20))).toBe(true);
  });

  it('is not fooled by acknowledgements, sent late or of other frames', () => {
    let written = 100;
    const allowed: boolean[] = [];
    for (let ping = 0; ping < 30; ping += 1) {
      policy.onSettings();
      if (ping % 5 === 4) written += 5 * (ACKNOWLEDGED_PING + ACKNOWLEDGED_SETTINGS);
      allowed.push(policy.allows(written));
    }
    // An acknowledgement that was on its way when the counting began is taken for data, once.
    expect(allowed.filter(Boolean)).toHaveLength(12);
  });
});
