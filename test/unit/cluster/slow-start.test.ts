import { describe, expect, test } from 'vitest';
import { ManualClock, seededRandom } from '../../../src/base/index.ts';
import { type Balancer, balancers, Endpoint } from '../../../src/cluster/index.ts';
import { SlowStartRamp } from '../../../src/cluster/balancer/slow-start.ts';
import { stateOf } from './cluster-fixture.ts';

const slowStart = { windowMs: 60_000, aggression: 1, minWeight: 0.1 };

function withNewcomer(clock: ManualClock, others: number): Endpoint[] {
  const newcomer = new Endpoint(stateOf(0, { usableSinceMs: clock.wall() }));
  return [newcomer, ...Array.from({ length: others }, (_, i) => new Endpoint(stateOf(i + 1)))];
}

/** The newcomer's picks per pick of one of the others: its weight, measured. */
function relativeShare(balancer: Balancer, newcomer: Endpoint, others: number, picks: number): number {
  let mine = 0;
  for (let n = 0; n < picks; n++) if (balancer.pick(0) === newcomer) mine++;
  return mine / ((picks - mine) / others);
}

describe('slow start', () => {
  test('grows the weight linearly with aggression 1, from the minimum', () => {
    const clock = new ManualClock();
    const ramp = SlowStartRamp.of(withNewcomer(clock, 1), slowStart, clock)!;
    expect(ramp.factor(0)).toBeCloseTo(0.1);
    clock.advance(3000);
    expect(ramp.factor(0)).toBeCloseTo(0.1);
    clock.advance(27_000);
    expect(ramp.factor(0)).toBeCloseTo(0.5);
    expect(ramp.factor(1)).toBe(1);
    expect(ramp.finished).toBe(false);
    clock.advance(30_000);
    expect(ramp.factor(0)).toBe(1);
    expect(ramp.finished).toBe(true);
  });

  test('grows faster at first with a larger aggression', () => {
    const clock = new ManualClock();
    const ramp = SlowStartRamp.of(withNewcomer(clock, 1), { ...slowStart, aggression: 2 }, clock)!;
    clock.advance(15_000);
    expect(ramp.factor(0)).toBeCloseTo(0.5);
  });

  test('counts what an endpoint has of its window when the balancer is built', () => {
    const clock = new ManualClock();
    const endpoints = withNewcomer(clock, 1);
    clock.advance(45_000);
    expect(SlowStartRamp.of(endpoints, slowStart, clock)!.factor(0)).toBeCloseTo(0.75);
    clock.advance(15_000);
    expect(SlowStartRamp.of(endpoints, slowStart, clock)).toBeNull();
  });

  test('lasts no longer than its window when the wall clock was set back', () => {
    const clock = new ManualClock();
    const fromTheFuture = new Endpoint(stateOf(0, { usableSinceMs: clock.wall() + 3_600_000 }));
    const ramp = SlowStartRamp.of([fromTheFuture], slowStart, clock)!;
    expect(ramp.factor(0)).toBeCloseTo(0.1);
    clock.advance(60_000);
    expect(ramp.finished).toBe(true);
  });

  test('does not concern endpoints that have been usable for ever', () => {
    const clock = new ManualClock();
    expect(SlowStartRamp.of([new Endpoint(stateOf(0))], slowStart, clock)).toBeNull();
  });

  test.each(['round-robin', 'weighted-round-robin', 'least-request'] as const)(
    'gives a newcomer its growing share with %s, without a rebuild',
    (kind) => {
      const clock = new ManualClock();
      const endpoints = withNewcomer(clock, 4);
      const options = { endpoints, slowStart, clock, random: seededRandom(1) };
      const balancer =
        kind === 'least-request'
          ? balancers[kind].create({ ...options, config: { kind, choices: 2, activeRequestBias: 1 } })
          : kind === 'round-robin'
            ? balancers[kind].create({ ...options, config: { kind } })
            : balancers[kind].create({ ...options, config: { kind } });
      expect(relativeShare(balancer, endpoints[0]!, 4, 4000)).toBeCloseTo(0.1, 1);
      clock.advance(30_000);
      expect(relativeShare(balancer, endpoints[0]!, 4, 4000)).toBeCloseTo(0.5, 1);
      clock.advance(15_000);
      expect(relativeShare(balancer, endpoints[0]!, 4, 4000)).toBeCloseTo(0.75, 1);
      clock.advance(15_000);
      expect(relativeShare(balancer, endpoints[0]!, 4, 8000)).toBeCloseTo(1, 1);
    },
  );
});
